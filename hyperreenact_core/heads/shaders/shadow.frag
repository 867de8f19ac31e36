#version 330
in vec2 at;
uniform sampler2D picture;
uniform bool solid;

void main() {
    if (!solid && texture(picture, at).a < 0.5) discard;
}

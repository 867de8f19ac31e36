#version 330
// SOLID is 1 for what has no holes: reading its texture would take most of the time.
in vec2 at;
uniform sampler2D picture;

void main() {
    if (SOLID == 0 && texture(picture, at).a < 0.5) discard;
}

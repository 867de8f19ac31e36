#version 330
in vec3 traits;
in vec4 there;
in float depth;
in float there_depth;
in vec2 at;
layout(location = 0) out vec4 here;   // label, depth, depth in the other picture
layout(location = 1) out vec2 place;  // xy in the other picture, -1 to 1, y up
uniform sampler2D picture;
uniform float opacity;
uniform bool solid;
uniform int label;
uniform int face_label;

void main() {
    if (!solid && texture(picture, at).a * traits.y * opacity < 0.5) discard;
    here = vec4(traits.z > 0.5 ? face_label : label, depth, there_depth, 1.0);
    place = there.xy / there.w;
}

#version 330
// SOLID is 1 for what covers everywhere: reading its texture would take most of the time.
in vec3 traits;
in vec3 there;
in vec2 at;
layout(location = 0) out vec4 here;   // label, depth, depth in the other picture
layout(location = 1) out vec2 place;  // xy in the other picture, -1 to 1, y up
uniform sampler2D picture;
uniform float opacity;
uniform int label;
uniform int face_label;

void main() {
    if (SOLID == 0 && texture(picture, at).a * traits.y * opacity < 0.5) discard;
    // What the camera divides by is the depth before it.
    here = vec4(traits.z > 0.5 ? face_label : label, 1.0 / gl_FragCoord.w, there.z, 1.0);
    place = there.xy / there.z;
}

#version 330
// A part, and where each point of it lies in another picture.
in vec3 position;
in vec3 surface;
in vec3 other;
in vec2 uv;
uniform mat4 camera;
uniform mat4 other_camera;
uniform float uv_scale;
out vec3 traits;
out vec4 there;
out float depth;
out float there_depth;
out vec2 at;
uniform float eye_z;
uniform float other_eye_z;

void main() {
    gl_Position = camera * vec4(position, 1.0);
    there = other_camera * vec4(other, 1.0);
    depth = eye_z - position.z;
    there_depth = other_eye_z - other.z;
    traits = surface;
    at = uv * uv_scale;
}

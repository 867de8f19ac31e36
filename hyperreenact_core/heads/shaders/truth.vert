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
out vec3 there;
out vec2 at;

void main() {
    gl_Position = camera * vec4(position, 1.0);
    there = (other_camera * vec4(other, 1.0)).xyw;
    traits = surface;
    at = vec2(0.0, 1.0) + vec2(uv_scale, -uv_scale) * uv;  // the top row of a texture is first
}

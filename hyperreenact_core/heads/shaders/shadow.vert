#version 330
in vec3 position;
in vec2 uv;
uniform mat4 lamp;
uniform float uv_scale;
out vec2 at;

void main() {
    gl_Position = lamp * vec4(position, 1.0);
    at = uv * uv_scale;
}

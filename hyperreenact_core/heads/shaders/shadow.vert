#version 330
in vec3 position;
in vec2 uv;
uniform mat4 lamp;
uniform float uv_scale;
out vec2 at;

void main() {
    gl_Position = lamp * vec4(position, 1.0);
    at = vec2(0.0, 1.0) + vec2(uv_scale, -uv_scale) * uv;  // the top row of a texture is first
}

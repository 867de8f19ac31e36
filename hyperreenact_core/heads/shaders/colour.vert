#version 330
// A part in the world, seen by the camera and by the key lamp.
in vec3 position;
in vec3 normal;
in vec3 surface;  // light around, coverage, share of face
in vec2 uv;
uniform mat4 camera;
uniform mat4 lamp;
uniform float uv_scale;
out vec3 place;
out vec3 facing;
out vec3 traits;
out vec2 at;
out vec3 from_lamp;

void main() {
    gl_Position = camera * vec4(position, 1.0);
    place = position;
    facing = normal;
    traits = surface;
    at = vec2(0.0, 1.0) + vec2(uv_scale, -uv_scale) * uv;  // the top row of a texture is first
    from_lamp = (lamp * vec4(position, 1.0)).xyz * 0.5 + 0.5;
}

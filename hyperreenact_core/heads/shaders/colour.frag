#version 330
// MATERIAL is defined for each material.
// Linear light, premultiplied by coverage.
const int SKIN = 0, EYE = 1, CORNEA = 2, MOUTH = 3, HAIR = 4, FUZZ = 5, CLOTH = 6, PLASTIC = 7;
const int METAL = 8, GLASS = 9;

in vec3 place;
in vec3 facing;
in vec3 traits;
in vec2 at;
in vec3 from_lamp;
out vec4 colour;

uniform sampler2D picture;
uniform sampler2DShadow shadows;
const int material = MATERIAL;
// A flat glass mirrors a lamp as a whole.
const float GLARE = MATERIAL == 9 ? 0.15 : 1.0;
uniform vec3 tint;
uniform float gloss;
uniform float opacity;
uniform vec2 coverage;  // only what covers between these two
uniform vec3 eye;
uniform vec3 key_direction, key_colour, fill_direction, fill_colour, rim_direction, rim_colour;
uniform vec3 around[6];
uniform float softness;
uniform bool unlit;

vec3 ambient(vec3 n) {
    vec3 share = n * n;
    return share.x * (n.x > 0.0 ? around[0] : around[1])
        + share.y * (n.y > 0.0 ? around[2] : around[3])
        + share.z * (n.z > 0.0 ? around[4] : around[5]);
}

float lit() {
    if (any(greaterThan(abs(from_lamp.xy - 0.5), vec2(0.495)))) return 1.0;  // no shadow is known
    // Five taps spread as far as nine side by side.
    vec3 from = vec3(from_lamp.xy, from_lamp.z - 0.0035);
    float reach = 0.0011 + 0.0041 * softness, sum = texture(shadows, from);
    for (int y = -1; y <= 1; y += 2)
        for (int x = -1; x <= 1; x += 2) sum += texture(shadows, from + vec3(x, y, 0.0) * reach);
    return sum / 5.0;
}

// x^n for a constant n below 64. Products are all that is left of it, where pow takes a
// software rasteriser ten times as long.
float power(float x, int n) {
    float x2 = x * x, x4 = x2 * x2, x8 = x4 * x4, x16 = x8 * x8, x32 = x16 * x16;
    return ((n & 1) != 0 ? x : 1.0) * ((n & 2) != 0 ? x2 : 1.0) * ((n & 4) != 0 ? x4 : 1.0)
        * ((n & 8) != 0 ? x8 : 1.0) * ((n & 16) != 0 ? x16 : 1.0) * ((n & 32) != 0 ? x32 : 1.0);
}

// x^2.2: to a sixtieth of itself, in near black to a thousandth of white.
vec3 decoded(vec3 x) {
    return x * x * (0.5064 + x * (1.321 + x * (-1.4872 + x * 0.6598)));
}

float lobe(float cosine, int n) { return float(n + 8) / 8.0 * power(max(cosine, 0.0), n); }

float fresnel(float cosine, float least) {
    return least + (1.0 - least) * power(1.0 - clamp(cosine, 0.0, 1.0), 5);
}

// What a mirror would show: the light around, and the lamps as soft boxes.
vec3 mirror(vec3 r, float glare) {
    vec3 seen = ambient(r) * (0.7 + 0.6 * smoothstep(-0.2, 0.8, r.y));
    float size = 0.985 - 0.05 * softness;
    seen += key_colour * 14.0 * glare * (1.0 - 0.6 * softness) * smoothstep(size, size + 0.012, dot(r, key_direction));
    seen += fill_colour * 8.0 * smoothstep(0.94, 0.97, dot(r, fill_direction));
    return seen + rim_colour * 4.0 * smoothstep(0.97, 0.985, dot(r, rim_direction));
}

vec3 bumped(vec3 n, float height, float strength) {
    vec3 px = dFdx(place), py = dFdy(place);
    vec3 r1 = cross(py, n), r2 = cross(n, px);
    float det = dot(px, r1);
    vec3 slope = sign(det) * (dFdx(height) * r1 + dFdy(height) * r2);
    return normalize((abs(det) + 1e-12) * n - strength * slope);  // seen edge-on, det is 0
}

void main() {
    vec4 paint = texture(picture, at);
    float covers = 1.0;
    if (material == HAIR || material == FUZZ || material == CLOTH || material == GLASS) {
        covers = min(paint.a * traits.y * opacity, 1.0);
        if (covers < coverage.x || covers >= coverage.y) discard;
    }
    vec3 albedo = decoded(paint.rgb) * tint;
    if (unlit) { colour = vec4(albedo, 1.0) * (coverage.x < 0.4 ? covers : 1.0); return; }

    vec3 v = normalize(eye - place), n = normalize(facing);
    if (material != SKIN && dot(n, v) < 0.0) n = -n;
    float shadow = lit(), open = clamp(traits.x, 0.0, 1.1);
    vec3 light_around = ambient(n) * open;
    vec3 h = normalize(key_direction + v), h2 = normalize(fill_direction + v), h3 = normalize(rim_direction + v);
    float k = dot(n, key_direction), f = max(dot(n, fill_direction), 0.0), r = max(dot(n, rim_direction), 0.0);
    vec3 sum;

    if (material == SKIN) {
        n = bumped(n, dot(paint.rgb, vec3(0.33)), 0.010);
        k = dot(n, key_direction);
        vec3 wrap = vec3(0.38, 0.17, 0.11) * (0.5 + 0.5 * softness);
        vec3 into = clamp((vec3(k) + wrap) / (1.0 + wrap), 0.0, 1.0)
            * mix(vec3(shadow), vec3(sqrt(shadow)), vec3(0.75, 0.12, 0.0));  // redder where it fades
        into *= mix(0.35, 1.0, open);
        // Light that has been inside comes back redder from hollows.
        vec3 deep = pow(vec3(open), vec3(0.75, 1.05, 1.12));
        sum = albedo * (ambient(n) * deep + key_colour * into + fill_colour * f * open + rim_colour * r);
        float shine = paint.a * 2.0 * gloss * open;
        float edge = fresnel(dot(n, v), 0.028);
        vec3 spec = key_colour * shadow * fresnel(dot(h, v), 0.028) * step(0.0, k)
            * (0.55 * lobe(dot(n, h), 46) + 0.45 * lobe(dot(n, h), 11));
        spec += fill_colour * 0.028 * lobe(dot(n, h2), 18) + rim_colour * 0.05 * lobe(dot(n, h3), 14);
        sum += shine * (spec + min(0.35 * edge, 0.05) * open * ambient(reflect(-v, n)));
    } else if (material == EYE) {
        vec3 into = key_colour * max(k * 0.8 + 0.2, 0.0) * (0.25 + 0.75 * shadow) + fill_colour * f;
        sum = albedo * open * (ambient(n) * 0.95 + into);
        sum += 0.012 * open * ambient(reflect(-v, n)) + 0.004 * key_colour * shadow * lobe(dot(n, h), 40) * open;
        covers = 1.0;
    } else if (material == CORNEA) {
        float edge = fresnel(dot(n, v), 0.03);
        colour = vec4(edge * mirror(reflect(-v, n), GLARE) * open * (0.35 + 0.65 * shadow), edge * 0.3);
        return;
    } else if (material == MOUTH) {
        vec3 into = key_colour * clamp((k + 0.3) / 1.3, 0.0, 1.0) * (0.2 + 0.8 * shadow) + fill_colour * f;
        sum = open * (albedo * (ambient(n) + into) + key_colour * shadow * 0.035 * lobe(dot(n, h), 50));
    } else if (material == HAIR) {
        vec3 t = dFdx(place) * dFdy(at).x - dFdy(place) * dFdx(at).x;
        t = normalize(t - n * dot(t, n) + vec3(0.0, 1e-5, 0.0));
        float wave = (paint.r - 0.5) * 0.25;
        vec3 t1 = normalize(t + n * (wave - 0.08)), t2 = normalize(t + n * (wave + 0.12));
        float first = power(max(1.0 - power(dot(t1, h), 2), 0.0), 42);
        float second = power(max(1.0 - power(dot(t2, h), 2), 0.0), 9);
        float through = clamp(k * 0.62 + 0.38, 0.0, 1.0), seen = clamp(0.4 + 0.6 * k, 0.0, 1.0);
        float between = smoothstep(0.12, 0.62, paint.r) * 0.65 + 0.35;
        sum = albedo * between * (light_around * 0.9 + key_colour * through * shadow + fill_colour * f * 0.7);
        sum += key_colour * shadow * seen * gloss * between * (0.05 * first + (0.02 + 0.7 * albedo) * 0.3 * second);
        float rim = power(max(1.0 - power(dot(t1, h3), 2), 0.0), 12);
        sum += rim_colour * r * (albedo + 0.12 * gloss * rim);
    } else if (material == FUZZ) {
        sum = albedo * (light_around + key_colour * (0.5 + 0.5 * max(k, 0.0)) * shadow + fill_colour * f);
    } else if (material == CLOTH) {
        n = bumped(n, dot(paint.rgb, vec3(0.33)), 0.006);
        k = dot(n, key_direction);
        float sheen = power(1.0 - clamp(dot(n, v), 0.0, 1.0), 3) * 0.12;
        sum = (albedo + sheen * albedo) * (light_around + key_colour * max(k, 0.0) * shadow + fill_colour * f + rim_colour * r);
    } else if (material == METAL) {
        sum = albedo * (mirror(reflect(-v, n), GLARE) * (0.3 + 0.7 * shadow) + 0.25 * (light_around + key_colour * max(k, 0.0) * shadow));
    } else {
        float edge = fresnel(dot(n, v), 0.045);
        vec3 seen = mirror(reflect(-v, n), GLARE) * (0.3 + 0.7 * shadow) * edge;
        if (material == GLASS) { colour = vec4(albedo * covers * light_around + seen, covers + edge * 0.5); return; }
        sum = albedo * (light_around + key_colour * max(k, 0.0) * shadow + fill_colour * f + rim_colour * r) + seen;
    }
    if (coverage.x >= 0.4) covers = 1.0;
    colour = vec4(sum * covers, covers);
}

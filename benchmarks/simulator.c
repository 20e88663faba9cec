/* The step of the simulated city's engine, written anew for a C compiler: what benchmarks/simulator.py compares with.

   gcc -O3 -march=native -shared -fPIC. The sums are in the engine's order, and -ffp-contract=off keeps them unfused, so
   that both give the same moods bit by bit. */
#include <stdint.h>

#define DEGREE 10
#define PICTURES 256
#define EDGE 0.999f

static uint64_t scrambled(uint64_t word)
{
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9u;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBu;
    return word ^ (word >> 31);
}

static float within(float value)
{
    value = value < -EDGE ? -EDGE : value;
    return value > EDGE ? EDGE : value;
}

void step(
    const float *restrict mood, float *restrict then, const int32_t *restrict friends,
    const float *restrict temperament, const float *restrict sway, const int16_t *restrict haunts,
    const int16_t *restrict where, const uint8_t *restrict marks, uint64_t key, const float *restrict company,
    const float *restrict together, const float *restrict shown, const float *restrict heard,
    const float *restrict weather, const float *restrict struck, const float *restrict ease,
    const float *restrict blow, float rate, float noise, float sd, int64_t start, int64_t end)
{
    const float share = 1.0f / DEGREE, wide = noise / sd;
    for (int64_t i = start; i < end; i++) {
        const int32_t *friend = friends + i * DEGREE;
        float others[2] = {mood[2 * (int64_t)friend[0]], mood[2 * (int64_t)friend[0] + 1]};
        for (int e = 1; e < DEGREE; e++) {
            others[0] += mood[2 * (int64_t)friend[e]];
            others[1] += mood[2 * (int64_t)friend[e] + 1];
        }
        const int64_t place = where[i], home = haunts[3 * i];
        const uint64_t bits = scrambled(key + ((uint64_t)i + 1) * 0x9E3779B97F4A7C15u);
        const float *seen = shown + (place * PICTURES + (int64_t)(bits & 255)) * 2;
        const float hit = struck[marks[i]], calm = 1.0f - ease[marks[i]];
        for (int axis = 0; axis < 2; axis++) {
            const uint64_t lane = bits >> (axis ? 32 : 8);
            const int32_t shake = (int32_t)(lane & 255) + (int32_t)(lane >> 8 & 255) + (int32_t)(lane >> 16 & 255);
            float pull = others[axis] * share;
            pull += together[place] * (company[2 * place + axis] - pull);
            pull += heard[place] * (seen[axis] - pull);
            float own = temperament[2 * i + axis] + weather[2 * home + axis];
            own = (own + hit * (blow[axis] - own)) * calm;
            const float before = mood[2 * i + axis];
            const float moved = before + rate * (own + sway[i] * (pull - own) - before);
            then[2 * i + axis] = within(moved + ((float)shake - 382.5f) * wide);
        }
    }
}

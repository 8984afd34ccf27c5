// A GPU for g++: what CUDA C++ has beyond C++, so that a kernel's text compiles unchanged and runs on the processor.
//
// The blocks of a launch run one after the other. The threads of a block are fibers: each runs until it waits for
// others (`__syncthreads`, a shuffle), then the next has its turn, in an order that changes from turn to turn, so that
// a barrier that is missing shows in the results. Shared memory is filled with 0xff (nan, -1) before each block.
// Errors end the launch: a barrier or shuffle that some thread never reaches, and memory that is not the kernel's.
#pragma once
#if !defined(__x86_64__) || !defined(__linux__)
#error "The emulator switches between fibers by instructions of x86-64, on Linux."
#endif
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <type_traits>
#include <utility>

#define __CUDA_ARCH__ 900
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __shared__ static __attribute__((section("shared_memory")))
#define __constant__ static
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __grid_constant__

struct uint3 { unsigned x, y, z; };
struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
static dim3 gridDim, blockDim;
static uint3 blockIdx;
static const int warpSize = 32;

namespace emulator {

enum State { READY, AT_BARRIER, AT_WARP, DONE };

struct Fiber {
    void* stack_pointer;
    uint3 thread;
    State state;
    unsigned mask;            // of the lanes that a warp's operation waits for
    unsigned long long mine;  // what this thread brought to the operation
};

const int LIMIT = 1024, STACK = 1 << 17;
static Fiber fibers[LIMIT], *running;
static unsigned long long brought[LIMIT];  // as `mine`, when the last operation was complete
static int threads, votes;
static void* scheduler;
static char *stacks, *failure, *dynamic;
static void (*body)(void**);
static void** arguments;
static sigjmp_buf end_of_launch;

// Keep the registers that a call must not change, go over to another stack, and fetch those that lie there.
extern "C" void emulator_switch(void** from, void* to);
asm(R"(
.text
.local emulator_switch
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");

[[noreturn]] static void fail(const char* what) {
    Fiber* f = running;
    snprintf(failure, 512, "%s (block %u %u %u, thread %u %u %u)", what, blockIdx.x, blockIdx.y, blockIdx.z,
             f->thread.x, f->thread.y, f->thread.z);
    siglongjmp(end_of_launch, 1);
}

static void wait(State state) {
    running->state = state;
    emulator_switch(&running->stack_pointer, scheduler);
}

static void begin() {
    body(arguments);
    wait(DONE);
}

static void prepare(int i) {
    Fiber& f = fibers[i];
    f.state = READY;
    f.thread = {i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y)};
    void** top = (void**)(stacks + (size_t)(i + 1) * STACK) - 1;  // a function begins 8 bytes beside a multiple of 16
    top[0] = nullptr;  // where `begin` would return to
    top[-1] = (void*)begin;
    f.stack_pointer = top - 7;
}

static int lane_of(const Fiber* f) { return (f - fibers) % 32; }

// Let those go on for whom all lanes of their mask have come.
static bool release_warps() {
    bool any = false;
    for (int first = 0; first < threads; first += 32) {
        for (int lane = 0; lane < 32 && first + lane < threads; lane++) {
            Fiber& f = fibers[first + lane];
            if (f.state != AT_WARP) continue;
            running = &f;
            if (!(f.mask >> lane & 1)) fail("a thread calls a warp's operation with a mask that leaves it out");
            bool all = true;
            for (int other = 0; other < 32; other++) {
                if (!(f.mask >> other & 1)) continue;
                Fiber& o = fibers[first + other];
                if (first + other >= threads || o.state == DONE)
                    fail("a warp's operation waits for a thread that is not there any more");
                if (o.state != AT_WARP) all = false;
                else if (o.mask != f.mask) fail("the threads of a warp's operation name different masks");
            }
            if (!all) continue;
            for (int other = 0; other < 32; other++) {
                if (!(f.mask >> other & 1)) continue;
                brought[first + other] = fibers[first + other].mine;
                fibers[first + other].state = READY;
            }
            any = true;
        }
    }
    return any;
}

static void release_barrier() {
    votes = 0;
    for (int i = 0; i < threads; i++) {
        running = &fibers[i];
        if (running->state == DONE) fail("a thread has left, and others wait for it at a barrier");
        if (running->state == AT_WARP) fail("a thread waits for its warp, and others wait for it at a barrier");
        votes += running->mine != 0;
    }
    for (int i = 0; i < threads; i++) fibers[i].state = READY;
}

static void run_block(unsigned& chance) {
    for (int i = 0; i < threads; i++) prepare(i);
    for (int left = threads; left;) {
        chance = chance * 1664525u + 1013904223u;
        bool backwards = chance >> 31, any = false;
        for (int turn = 0; turn < threads; turn++) {
            int i = backwards ? threads - 1 - turn : turn;
            if (fibers[i].state != READY) continue;
            running = &fibers[i];
            emulator_switch(&scheduler, running->stack_pointer);
            any = true;
            left -= running->state == DONE;
        }
        if (left && !any && !release_warps()) release_barrier();
    }
}

static void fault(int, siginfo_t* info, void*) {
    snprintf(failure, 512, "memory at %p (block %u %u %u, thread %u %u %u)", info->si_addr, blockIdx.x, blockIdx.y,
             blockIdx.z, running->thread.x, running->thread.y, running->thread.z);
    siglongjmp(end_of_launch, 2);
}

template <typename T, typename = void> struct Named : std::false_type {};
template <typename T> struct Named<T, std::void_t<decltype(T::emulator_name)>> : std::true_type {};

template <typename T> const char* type_name() {
    using U = std::remove_cv_t<T>;
    const bool integer = std::is_integral_v<U>, is_signed = std::is_signed_v<U>;
    if (std::is_void_v<U>) return "void";
    if (std::is_same_v<U, bool>) return "bool";
    if (std::is_same_v<U, float>) return "float32";
    if (std::is_same_v<U, double>) return "float64";
    if constexpr (!std::is_void_v<U>) {
        if constexpr (Named<U>::value) return U::emulator_name;
        if (integer && sizeof(U) == 1) return is_signed ? "int8" : "uint8";
        if (integer && sizeof(U) == 2) return is_signed ? "int16" : "uint16";
        if (integer && sizeof(U) == 4) return is_signed ? "int32" : "uint32";
        if (integer && sizeof(U) == 8) return is_signed ? "int64" : "uint64";
    }
    return "struct";
}

template <auto kernel> struct Launch;
template <typename... P, void (*kernel)(P...)> struct Launch<kernel> {
    template <size_t... i> static void call(void** a, std::index_sequence<i...>) { kernel(*(P*)a[i]...); }
    static void body(void** a) { call(a, std::index_sequence_for<P...>{}); }

    template <typename A> static void describe(char*& text) {
        using pointee = std::remove_pointer_t<A>;
        const char* star = !std::is_pointer_v<A> ? "" : std::is_const_v<pointee> ? "in " : "out ";
        text += sprintf(text, "%s%s %zu;", star, type_name<pointee>(), sizeof(A));
    }
    static void parameters(char* text) {
        *text = 0;
        (describe<std::remove_cv_t<P>>(text), ...);
    }
};

}  // namespace emulator

extern "C" char __start_shared_memory[] __attribute__((weak)), __stop_shared_memory[] __attribute__((weak));

// Run a launch. Returns 0; 1 for an error, which is then told in `failure`; 2 for memory that is not the kernel's.
template <auto kernel>
static int emulate(const unsigned* grid, const unsigned* block, char* dynamic_shared, unsigned shared_bytes,
                   void** arguments, char* failure) {
    using namespace emulator;
    gridDim = dim3(grid[0], grid[1], grid[2]);
    blockDim = dim3(block[0], block[1], block[2]);
    threads = blockDim.x * blockDim.y * blockDim.z;
    emulator::arguments = arguments, emulator::failure = failure, dynamic = dynamic_shared;
    body = Launch<kernel>::body;
    running = fibers;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (!stacks) stacks = (char*)mmap(nullptr, (size_t)LIMIT * STACK, PROT_READ | PROT_WRITE, flags, -1, 0);
    static char signal_stack[1 << 16];
    stack_t other = {}, before = {};
    other.ss_sp = signal_stack, other.ss_size = sizeof signal_stack;
    sigaltstack(&other, &before);
    struct sigaction on_fault = {}, was_segv, was_bus;
    on_fault.sa_sigaction = fault, on_fault.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &on_fault, &was_segv);
    sigaction(SIGBUS, &on_fault, &was_bus);
    int code = sigsetjmp(end_of_launch, 1);
    if (!code) {
        unsigned chance = 1;
        for (unsigned z = 0; z < gridDim.z; z++)
            for (unsigned y = 0; y < gridDim.y; y++)
                for (unsigned x = 0; x < gridDim.x; x++) {
                    blockIdx = {x, y, z};
                    if (__start_shared_memory)
                        memset(__start_shared_memory, 0xff, __stop_shared_memory - __start_shared_memory);
                    memset(dynamic, 0xff, shared_bytes);
                    run_block(chance);
                }
    }
    sigaction(SIGSEGV, &was_segv, nullptr);
    sigaction(SIGBUS, &was_bus, nullptr);
    sigaltstack(&before, nullptr);
    return code;
}

#define threadIdx (emulator::running->thread)
#include "device_functions.h"

/* What Rust's standard library takes its random numbers from on Windows, and Wine before version 9 does not have. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID place, ULONG bytes); /* RtlGenRandom, by the name that it is exported under */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE place, SIZE_T bytes) {
    return SystemFunction036(place, (ULONG)bytes);
}

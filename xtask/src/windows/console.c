/* A console that is no UTF-8, as Windows gives one to most programs: a program runs in it, and what it then shows is told here, in UTF-8.
 *
 *     console.exe CODE_PAGE PROGRAM WORD...
 *
 * The console is this program's own, and the program's only way to say anything. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

enum { WIDTH = 160, HEIGHT = 200 };

/* All rows of the console, without the blanks at their ends. */
static void tell(HANDLE console, HANDLE to) {
    for (SHORT y = 0; y < HEIGHT; y++) {
        WCHAR row[WIDTH];
        char text[4 * WIDTH + 1];
        DWORD length = 0, written = 0;
        if (!ReadConsoleOutputCharacterW(console, row, WIDTH, (COORD){0, y}, &length))
            continue;
        while (length > 0 && row[length - 1] == L' ')
            length--;
        int bytes = WideCharToMultiByte(CP_UTF8, 0, row, (int)length, text, sizeof text - 1, NULL, NULL);
        text[bytes] = '\n';
        if (length > 0)
            WriteFile(to, text, (DWORD)bytes + 1, &written, NULL);
    }
}

/* What follows the code page on the command line, as it stands there. */
static WCHAR *rest(void) {
    WCHAR *line = GetCommandLineW();
    for (int word = 0; word < 2; word++) {
        const WCHAR *end = *line == L'"' ? wcschr(line + 1, L'"') : NULL;
        line += end != NULL ? (size_t)(end - line) + 1 : wcscspn(line, L" ");
        line += wcsspn(line, L" ");
    }
    return line;
}

int wmain(int count, wchar_t **words) {
    UINT page = count > 2 ? (UINT)wcstoul(words[1], NULL, 10) : 0;
    HANDLE to = GetStdHandle(STD_OUTPUT_HANDLE);
    FreeConsole();
    if (!AllocConsole() || !SetConsoleOutputCP(page) || !SetConsoleCP(page) || GetConsoleOutputCP() != page)
        return 100;
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    DWORD both = GENERIC_READ | GENERIC_WRITE, shared = FILE_SHARE_READ | FILE_SHARE_WRITE;
    HANDLE in = CreateFileW(L"CONIN$", both, shared, &inherited, OPEN_EXISTING, 0, NULL);
    HANDLE out = CreateFileW(L"CONOUT$", both, shared, &inherited, OPEN_EXISTING, 0, NULL);
    if (out == INVALID_HANDLE_VALUE || !SetConsoleScreenBufferSize(out, (COORD){WIDTH, HEIGHT}))
        return 101;
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = in, .hStdOutput = out, .hStdError = out};
    PROCESS_INFORMATION process;
    if (!CreateProcessW(NULL, rest(), NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return 102;
    DWORD code = 103;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    tell(out, to);
    return (int)code;
}

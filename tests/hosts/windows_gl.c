/* Nothing but OpenGL in a window that lies in another, as a plugin's does: one colour, until somebody closes it. What is seen of it shows
 * whether this Windows, or Wine, can do that at all: Wine 8 shows nothing of it on a screen without a graphics card, Wine 10 does. */
#include <windows.h>

#include <GL/gl.h>

static LRESULT CALLBACK handle(HWND window, UINT message, WPARAM word, LPARAM more) {
    if (message == WM_DESTROY && GetParent(window) == NULL)
        PostQuitMessage(0);
    return DefWindowProcW(window, message, word, more);
}

static HWND make(HWND parent, DWORD style) {
    return CreateWindowExW(0, L"gl", L"OpenGL", style | WS_VISIBLE, 20, 20, 400, 300, parent, NULL, NULL, NULL);
}

int main(void) {
    WNDCLASSW class = {.lpfnWndProc = handle, .lpszClassName = L"gl", .style = CS_OWNDC};
    RegisterClassW(&class);
    HWND outer = make(NULL, WS_OVERLAPPEDWINDOW);
    HDC screen = GetDC(make(outer, WS_CHILD));
    PIXELFORMATDESCRIPTOR format = {
        .nSize = sizeof format,
        .nVersion = 1,
        .dwFlags = PFD_DRAW_TO_WINDOW | PFD_SUPPORT_OPENGL | PFD_DOUBLEBUFFER,
        .iPixelType = PFD_TYPE_RGBA,
        .cColorBits = 24,
    };
    if (!SetPixelFormat(screen, ChoosePixelFormat(screen, &format), &format))
        return 1;
    HGLRC context = wglCreateContext(screen);
    if (context == NULL || !wglMakeCurrent(screen, context))
        return 1;
    for (MSG message;;) {
        while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
            if (message.message == WM_QUIT)
                return 0;
            DispatchMessageW(&message);
        }
        glClearColor(1.0f, 0.5f, 0.0f, 1.0f);
        glClear(GL_COLOR_BUFFER_BIT);
        SwapBuffers(screen);
        Sleep(20);
    }
}

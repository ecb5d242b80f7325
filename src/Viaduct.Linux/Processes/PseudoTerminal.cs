using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>A terminal whose other end this program plays: what it writes is typed, what it reads is shown.</summary>
public sealed class PseudoTerminal : IDisposable
{
    private readonly SafeFileHandle _handle;

    private PseudoTerminal(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
        Stream = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0);
    }

    /// <summary>The end for processes, as <c>/dev/pts/3</c>.</summary>
    public string Path { get; }

    /// <summary>Our end. Reading blocks a thread; it fails with EIO once no process has the terminal open.</summary>
    public FileStream Stream { get; }

    /// <summary>Makes one.</summary>
    public static PseudoTerminal Open()
    {
        const string Multiplexer = "/dev/ptmx";
        using var opened = Libc.open(Multiplexer, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        if (opened.IsInvalid)
            throw LinuxException.Last($"opening {Multiplexer}", "Is a devpts mounted on /dev/pts?");
        var (locked, number) = (0, 0);
        LinuxException.ThrowIfFailed(Libc.ioctl(opened, Libc.TIOCSPTLCK, ref locked), "unlocking a pseudo-terminal");
        LinuxException.ThrowIfFailed(Libc.ioctl(opened, Libc.TIOCGPTN, ref number), "asking a pseudo-terminal for its number");
        var handle = new SafeFileHandle(opened.DangerousGetHandle(), ownsHandle: true);
        opened.SetHandleAsInvalid();
        return new PseudoTerminal(handle, string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}"));
    }

    /// <summary>Sets its size in characters; the processes in front learn of it by SIGWINCH.</summary>
    public void Resize(int columns, int rows)
    {
        var size = new winsize { ws_col = (ushort)Math.Clamp(columns, 1, ushort.MaxValue), ws_row = (ushort)Math.Clamp(rows, 1, ushort.MaxValue) };
        LinuxException.ThrowIfFailed(Libc.ioctl(_handle, Libc.TIOCSWINSZ, ref size), $"sizing {Path}");
    }

    /// <inheritdoc/>
    public void Dispose() => Stream.Dispose();
}

using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Viaduct.Cli.Commands;
using Viaduct.Linux.Native;

namespace Viaduct.Cli.Output;

/// <summary>Standard streams that the caller closed (<c>&gt;&amp;-</c>): a command does its work all the same, and its exit code tells.</summary>
internal static class StandardStreams
{
    // Kept for as long as the process runs.
    private static readonly List<DescriptorHandle> s_fillers = [];
    private static LostOutput? s_lost;

    /// <summary>Nothing is written to the closed ones from now on. For a program's first lines.</summary>
    public static void ReplaceClosed()
    {
        if (IsClosed(1))
            Console.SetOut(s_lost = new LostOutput());
        if (IsClosed(2))
            Console.SetError(TextWriter.Null);
        FillNumbers();
    }

    /// <summary>The command's exit code, or a failure if something was written that nobody gets.</summary>
    public static int Answer(int exitCode)
    {
        if (exitCode != CommandRunner.Success || s_lost is not { IsWritten: true })
            return exitCode;
        CommandRunner.Fail("Standard output is closed: open it, or send it to /dev/null.");
        return CommandRunner.Failure;
    }

    // Not only a free number: the runtime may have opened a file of its own there, for reading.
    private static bool IsClosed(int number)
    {
        using var stream = new SafeFileHandle(number, ownsHandle: false);
        return Libc.write(stream, [], 0) < 0 && Marshal.GetLastPInvokeError() == Errno.EBADF;
    }

    /// <summary>So that no file opened later gets one of the three numbers; open(2) takes the lowest that is free.</summary>
    private static void FillNumbers()
    {
        var filler = OpenNull();
        for (; !filler.IsInvalid && filler.DangerousGetHandle() <= 2; filler = OpenNull())
            s_fillers.Add(filler);
        filler.Dispose();
    }

    private static DescriptorHandle OpenNull() => Libc.open("/dev/null", Libc.O_RDWR, 0);

    private sealed class LostOutput : TextWriter
    {
        public bool IsWritten { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => IsWritten = true;
    }
}

using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Processes;

namespace Viaduct.Node.Containers;

/// <summary>
/// Pipes to a child process. Our ends are pipe streams because those wait for data in the runtime's epoll set; a FileStream would
/// hold a thread of the pool for every silent container.
/// </summary>
internal sealed class ChildStreams : IDisposable
{
    public ChildStreams(bool withInput)
    {
        (var output, ChildOutput) = Pipe.Create();
        (var error, ChildError) = Pipe.Create();
        Output = Open(output, PipeDirection.In);
        Error = Open(error, PipeDirection.In);
        if (!withInput)
            return;
        (ChildInput, var input) = Pipe.Create();
        Input = Open(input, PipeDirection.Out);
    }

    public SafeFileHandle? ChildInput { get; }

    public SafeFileHandle ChildOutput { get; }

    public SafeFileHandle ChildError { get; }

    public Stream? Input { get; }

    public Stream Output { get; }

    public Stream Error { get; }

    /// <summary>After the start: else our copy of the writing end would keep <see cref="Output"/> from ending.</summary>
    public void CloseChildSide()
    {
        ChildInput?.Dispose();
        ChildOutput.Dispose();
        ChildError.Dispose();
    }

    public void CloseInput() => Input?.Dispose();

    public void Dispose()
    {
        CloseChildSide();
        Input?.Dispose();
        Output.Dispose();
        Error.Dispose();
    }

    private static AnonymousPipeClientStream Open(SafeFileHandle handle, PipeDirection direction)
    {
        // The descriptor changes its owner.
        var pipe = new SafePipeHandle(handle.DangerousGetHandle(), ownsHandle: true);
        handle.SetHandleAsInvalid();
        return new AnonymousPipeClientStream(direction, pipe);
    }
}

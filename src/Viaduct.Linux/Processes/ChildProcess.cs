using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>A process that this one started. It is reaped when it ends, whether or not anybody waits.</summary>
public sealed class ChildProcess : IDisposable
{
    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DescriptorHandle _pidfd;

    internal ChildProcess(int id, DescriptorHandle pidfd, string path)
    {
        Id = id;
        Path = path;
        _pidfd = pidfd;
    }

    /// <summary>The process's number in this process's pid namespace.</summary>
    public int Id { get; }

    /// <summary>The program.</summary>
    public string Path { get; }

    /// <summary>Completes when the process has ended and was reaped.</summary>
    public Task<ExitStatus> Exited => _exited.Task;

    internal DescriptorHandle Descriptor => _pidfd;

    /// <summary>Starts a process and returns when its program runs; a program that cannot be run is a <see cref="LinuxException"/>.</summary>
    public static ChildProcess Start(ProcessSpec spec) => ExitWatcher.Shared.Start(spec.Path, () => Spawner.Spawn(spec));

    /// <summary>Sends a signal; one that has ended already takes none, which is no error.</summary>
    public void Signal(int signal)
    {
        if (Exited.IsCompleted || Libc.pidfd_send_signal(_pidfd, signal) == 0)
            return;
        var failure = LinuxException.Last($"sending signal {signal} to process {Id} ({Path})");
        if (failure.Errno != Errno.ESRCH)
            throw failure;
    }

    /// <summary>Lets go of the object; the process goes on and is still reaped when it ends.</summary>
    public void Dispose()
    {
        // The descriptor is what the watcher waits on: it closes it after the end.
    }

    internal void Complete(ExitStatus status)
    {
        _exited.TrySetResult(status);
        _pidfd.Dispose();
    }
}

namespace Viaduct.Node.Logs;

/// <summary>
/// The log file of one run of a container. One writer object per run; readers follow it through <see cref="Changed"/>.
/// </summary>
internal sealed class ContainerLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private TaskCompletionSource _changed = NewSignal();
    private bool _closed;

    public ContainerLog(string path, TimeProvider time)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FilePath = path;
        _time = time;
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    public string FilePath { get; }

    /// <summary>Completes at the next line, or when the run has ended. Take it before reading, so that nothing is missed.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>The run has ended: nothing will be added.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    public void Write(string stream, ReadOnlySpan<byte> text, bool isPartial = false)
    {
        var line = CriLogLine.Format(_time.GetUtcNow(), stream, isPartial, text);
        lock (_lock)
        {
            if (_closed)
                return;
            _file.Write(line);
        }

        Signal();
    }

    public void Write(string stream, string text) => Write(stream, System.Text.Encoding.UTF8.GetBytes(text));

    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
                return;
            Volatile.Write(ref _closed, true);
            _file.Dispose();
        }

        Signal();
    }

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

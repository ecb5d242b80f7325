using System.Globalization;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>This program as a process of its own in a network namespace, and what /proc tells of it.</summary>
internal sealed class ProgramUnderTest : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly string _log;

    private ProgramUnderTest(ChildProcess process, string log) => (_process, _log, Started) = (process, log, TimeProvider.System.GetTimestamp());

    public int Id => _process.Id;

    /// <summary>When the process was started.</summary>
    public long Started { get; }

    public static ProgramUnderTest Start(string program, IReadOnlyList<string> arguments, NetNamespace inside, string log)
    {
        using var file = File.OpenHandle(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        var process = ChildProcess.Start(new ProcessSpec { Path = program, Arguments = arguments, StandardOutput = file, StandardError = file, NetNamespace = inside });
        return new ProgramUnderTest(process, log);
    }

    /// <exception cref="ClusterException">It has ended.</exception>
    public async Task RequireAliveAsync()
    {
        if (_process.Exited.IsCompleted)
            throw new ClusterException($"The program under test {await _process.Exited}: {LogFile.LastLine(_log)}");
    }

    public double ReadResidentMegabytes()
    {
        const string Key = "VmRSS:";
        var line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith(Key, StringComparison.Ordinal));
        return Math.Round(long.Parse(line.AsSpan(Key.Length, line.Length - Key.Length - 3).Trim(), CultureInfo.InvariantCulture) / 1024.0, 1);
    }

    public double ReadCpuSeconds() => CpuTime.OfProcess(Id).TotalSeconds;

    public void Signal(int signal) => _process.Signal(signal);

    /// <summary>Ends it with SIGKILL, and the programs that it runs: nothing of its own runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        var children = ReadChildren();
        _process.Signal(Signals.Kill);
        await _process.Exited;
        foreach (var child in children)
        {
            child.Signal(Signals.Kill);
            child.Dispose();
        }
    }

    // Held by descriptors, so that no other process of the same number is meant later.
    private List<ProcessHandle> ReadChildren()
    {
        var children = new List<ProcessHandle>();
        try
        {
            foreach (var task in Directory.EnumerateDirectories($"/proc/{Id}/task"))
            {
                foreach (var child in File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (ProcessHandle.TryOpen(int.Parse(child, CultureInfo.InvariantCulture)) is { } handle)
                        children.Add(handle);
                }
            }
        }
        catch (IOException)
        {
            // A thread, or the process, has ended by itself.
        }

        return children;
    }
}

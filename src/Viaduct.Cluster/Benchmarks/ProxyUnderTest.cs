using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>The real program <c>viaduct proxy</c> in a network namespace, and what can be seen of it from outside.</summary>
internal sealed class ProxyUnderTest : IAsyncDisposable
{
    private const string FullSync = "kubeproxy_sync_full_proxy_rules_duration_seconds";
    private const string PartialSync = "kubeproxy_sync_partial_proxy_rules_duration_seconds";

    private readonly ChildProcess _process;
    private readonly HttpClient _metrics;
    private readonly string _log;

    private ProxyUnderTest(ChildProcess process, NetNamespace inside, string log) =>
        (_process, _metrics, _log, Started) = (process, CreateClient(inside), log, TimeProvider.System.GetTimestamp());

    public int ProcessId => _process.Id;

    /// <summary>When the process was started.</summary>
    public long Started { get; }

    public static ProxyUnderTest Start(string program, string kubeconfig, NetNamespace inside, string logPath, params string[] flags)
    {
        using var log = File.OpenHandle(logPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        var process = ChildProcess.Start(new ProcessSpec
        {
            Path = program,
            Arguments = ["proxy", "--kubeconfig", kubeconfig, "--hostname-override", BenchApi.NodeName, "--bind-address", "10.0.0.2", "--metrics-bind-address", "127.0.0.1:10249", .. flags],
            StandardOutput = log,
            StandardError = log,
            NetNamespace = inside,
        });
        return new ProxyUnderTest(process, inside, logPath);
    }

    /// <summary>Waits until everything was written or compared once, and returns how long that took by the proxy's own metric.</summary>
    public async Task<TimeSpan> WaitForFullSyncAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (_process.Exited.IsCompleted)
                throw new ClusterException($"The proxy {await _process.Exited}: {LogFile.LastLine(_log)}");
            if (await TryReadMetricsAsync(cancellation) is { } metrics && Value(metrics, $"{FullSync}_count") >= 1)
                return TimeSpan.FromSeconds(Value(metrics, $"{FullSync}_sum"));
            // The metric page is the only thing to ask, and asking costs the proxy time.
            await Task.Delay(5, cancellation);
        }
    }

    public async Task<int> ReadElementsWrittenAsync(CancellationToken cancellation) =>
        (int)Value(await TryReadMetricsAsync(cancellation) ?? throw new ClusterException("The proxy's metrics page does not answer."), "viaduct_elements_written_total");

    public double ReadResidentMegabytes()
    {
        const string Key = "VmRSS:";
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(Key, StringComparison.Ordinal));
        return Math.Round(long.Parse(line.AsSpan(Key.Length, line.Length - Key.Length - 3).Trim(), CultureInfo.InvariantCulture) / 1024.0, 1);
    }

    public double ReadCpuSeconds() => CpuTime.OfProcess(_process.Id).TotalSeconds;

    /// <summary>How often it applied a change, and the seconds that all of them took.</summary>
    public async Task<(int Count, double Seconds)> ReadChangesAsync(CancellationToken cancellation)
    {
        var metrics = await TryReadMetricsAsync(cancellation) ?? throw new ClusterException("The proxy's metrics page does not answer.");
        return ((int)Value(metrics, $"{PartialSync}_count"), Value(metrics, $"{PartialSync}_sum"));
    }

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

        _metrics.Dispose();
    }

    // Held by descriptors, so that no other process of the same number is meant later.
    private List<ProcessHandle> ReadChildren()
    {
        var children = new List<ProcessHandle>();
        try
        {
            foreach (var task in Directory.EnumerateDirectories($"/proc/{_process.Id}/task"))
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

    private async Task<string?> TryReadMetricsAsync(CancellationToken cancellation)
    {
        try
        {
            return await _metrics.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellation);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>The sum over all IP families.</summary>
    private static double Value(string page, string name) => page.Split('\n')
        .Where(l => l.StartsWith(name, StringComparison.Ordinal) && l.Length > name.Length && l[name.Length] is ' ' or '{')
        .Sum(l => double.Parse(l.AsSpan(l.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    private static HttpClient CreateClient(NetNamespace inside) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = inside.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 10249), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };
}

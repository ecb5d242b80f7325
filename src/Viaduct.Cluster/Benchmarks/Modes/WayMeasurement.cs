using Viaduct.Cluster.Benchmarks.Load;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>What one way's turns gave.</summary>
internal sealed class WayMeasurement(WayToServer way, ModesBenchOptions options)
{
    private const int ConnectingAtOnce = 8;
    private readonly LoadSamples _requests = new(), _connections = new();
    private readonly List<float> _latencies = [];

    /// <summary>A turn: requests over many connections, over one, and a connection for each.</summary>
    public async Task TakeTurnAsync()
    {
        await MeasureAsync(_requests, Requests(options.Connections));
        _latencies.AddRange((await way.Client.RunAsync(Requests(1))).Microseconds);
        await MeasureAsync(_connections, Connections);
    }

    /// <summary>System calls are counted apart from the rest, for while anybody counts, all calls of the machine take the kernel's slower entry.</summary>
    public async Task CountSystemCallsAsync()
    {
        if (way.ProcessId is not { } process)
            return;
        using var counter = SystemCallCounter.TryOpen(process);
        if (counter is null)
            return;
        _requests.SystemCalls = await PerAnswerAsync(counter, Requests(options.Connections));
        _connections.SystemCalls = await PerAnswerAsync(counter, Connections);
    }

    public WayReport Report(WayMeasurement direct) => new()
    {
        Way = way.Name,
        RequestsPerSecond = Math.Round(_requests.MedianRate),
        RequestsOfDirect = _requests.RatioTo(direct._requests),
        Latency = Statistics.Percentiles(_latencies),
        ConnectionsPerSecond = Math.Round(_connections.MedianRate),
        ConnectionsOfDirect = _connections.RatioTo(direct._connections),
        Connection = Statistics.Percentiles(_connections.Microseconds),
        Request = _requests.Cpu(way.ProcessId is not null),
        PerConnection = _connections.Cpu(way.ProcessId is not null),
    };

    private LoadSpec Connections => new(way.Name, way.Targets, ConnectingAtOnce, options.Slice, Reconnects: true);

    private LoadSpec Requests(int connections) => new(way.Name, way.Targets, connections, options.Slice, Reconnects: false);

    private async Task MeasureAsync(LoadSamples samples, LoadSpec spec)
    {
        CpuTime machine = default, proxy = default;
        var result = await way.Client.RunAsync(spec, began: () => (proxy, machine) = (ProxyCpu(), CpuTime.OfMachine()));
        samples.Add(result, CpuTime.OfMachine() - machine, ProxyCpu() - proxy);
    }

    private CpuTime ProxyCpu() => way.ProcessId is { } process ? CpuTime.OfProcessAndChildren(process) : default;

    private async Task<double> PerAnswerAsync(SystemCallCounter counter, LoadSpec spec)
    {
        var before = 0L;
        var result = await way.Client.RunAsync(spec, began: () => before = counter.Read());
        return Math.Round((counter.Read() - before) / (double)result.Answers, 2);
    }
}

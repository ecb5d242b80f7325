using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Processes;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>All ways with one number of Services, against one API.</summary>
internal sealed class SizeScenario : IAsyncDisposable
{
    private readonly ModesBenchOptions _options;
    private readonly Action<string> _step;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("viaduct-bench-");
    private readonly List<StartedWay> _started = [];
    private readonly EndpointSlice[] _slices;
    private BenchApi _api = null!;
    private BenchObjects _objects = null!;
    private IPEndPoint[] _services = [], _endpoints = [];

    private SizeScenario(int services, ModesBenchOptions options, Action<string> step) =>
        (_slices, _options, _step) = (new EndpointSlice[services], options, step);

    public static async Task<SizeScenario> OpenAsync(int services, ModesBenchOptions options, Action<string> step, CancellationToken cancellation)
    {
        var scenario = new SizeScenario(services, options, step);
        try
        {
            await scenario.FillAsync(cancellation);
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Begins to serve by a way, and times the whole write and single changes while all others stand still. A mode that needs too long for so many Services
    /// is left out; then the answer says why.
    /// </summary>
    public async Task<SkippedWay?> StartAsync(ModeWay way, CancellationToken cancellation)
    {
        _step($"{_slices.Length} Services: {way.Name}");
        var started = new StartedWay(way, new WayToServer(way.Name));
        _started.Add(started);
        try
        {
            await StartAsync(started, cancellation);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            _started.Remove(started);
            await started.DisposeAsync();
            return new SkippedWay(way.Name, $"With {_slices.Length} Services it did not serve within {_options.Patience.TotalSeconds} s.");
        }
    }

    public async Task<SizeReport> MeasureAsync(CancellationToken cancellation)
    {
        var measurements = _started.Select(s => new WayMeasurement(s.Path, _options)).ToArray();
        for (var round = 0; round < _options.Rounds; round++)
        {
            if (round % 5 == 0)
                _step($"{_slices.Length} Services: load, rounds {round + 1} to {Math.Min(round + 5, _options.Rounds)} of {_options.Rounds}");
            foreach (var measurement in measurements)
            {
                cancellation.ThrowIfCancellationRequested();
                await measurement.TakeTurnAsync();
            }
        }

        foreach (var measurement in measurements)
            await measurement.CountSystemCallsAsync();
        return new SizeReport(_slices.Length, _options.Endpoints, [.. measurements.Zip(_started, (m, s) => m.Report(measurements[0]) with { FullWriteSeconds = s.FullWriteSeconds, ChangeMilliseconds = s.ChangeMilliseconds })]);
    }

    /// <summary>Through those that copy, one after the other.</summary>
    public async Task<IReadOnlyList<ManyConnectionsReport>> ConnectManyAsync(CancellationToken cancellation)
    {
        var reports = new List<ManyConnectionsReport>();
        // socat has a process for each connection.
        foreach (var started in _started.Where(s => s.Way.Copies && s.Way.Name != "socat"))
        {
            cancellation.ThrowIfCancellationRequested();
            _step($"{started.Way.Name}: many connections at once");
            reports.Add(await new ManyConnections(started.Path, _options.ManyConnections).MeasureAsync());
        }

        return reports;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in _started)
            await started.DisposeAsync();
        if (_api is not null)
            await _api.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task StartAsync(StartedWay started, CancellationToken cancellation)
    {
        var way = started.Way;
        if (way.IsPeer)
        {
            started.Peer = await PeerProxy.StartAsync(way.Name, started.Path.Node, _endpoints[0], _directory.FullName, cancellation);
            started.Path.Lead([PeerProxy.Address], started.Peer.ProcessId);
        }
        else if (way.Mode is { } mode)
        {
            await StartProxyAsync(started, mode, cancellation);
            started.Path.Lead(_services, started.Proxy!.ProcessId);
        }
        else
        {
            started.Path.Lead(_endpoints, null);
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        _step($"{_slices.Length} Services: making them, {_options.Endpoints} endpoints each");
        _api = await BenchApi.OpenAsync(null, _directory.FullName, cancellation);
        _objects = new BenchObjects(_api.Namespace, _options.Endpoints);
        for (var i = 0; i < _slices.Length; i++)
            _slices[i] = _objects.Slice(i);
        await _api.CreateAsync(_objects, _slices, cancellation);
        var services = await _api.Bulk.ListAsync<Service>(new Kube.Api.ListQuery { Namespace = _api.Namespace }, cancellation);
        _services = [.. services.Items.Select(s => new IPEndPoint(IPAddress.Parse(s.Spec!.ClusterIP!), 80))];
        _endpoints = [.. _slices.Take(1000).SelectMany(s => s.Endpoints!).Select(e => new IPEndPoint(IPAddress.Parse(e.Addresses[0]), BenchObjects.TargetPort))];
    }

    private async Task StartProxyAsync(StartedWay started, ProxyMode mode, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.Patience);
        var others = _started.Select(s => s.Proxy).OfType<ProxyUnderTest>().ToList();
        var node = started.Path.Node;
        await started.Way.HintAsync(node);
        others.ForEach(o => o.Signal(Signals.Stop));
        try
        {
            started.Proxy = ProxyUnderTest.Start(
                _options.Program, _api, _api.ReachFrom(node), node, Path.Combine(_directory.FullName, $"{started.Way.Name}.log"), "--proxy-mode", mode.Name());
            started.FullWriteSeconds = Math.Round((await started.Proxy.WaitForFullSyncAsync(limit.Token)).TotalSeconds, 4);
            started.ChangeMilliseconds = await TimeChangesAsync(started.Proxy, limit.Token);
        }
        finally
        {
            others.ForEach(o => o.Signal(Signals.Continue));
        }
    }

    // One endpoint of a Service replaced, and the next when the proxy has applied it.
    private async Task<double> TimeChangesAsync(ProxyUnderTest proxy, CancellationToken cancellation)
    {
        var times = new List<double>();
        for (var i = 0; i < _options.Changes; i++)
        {
            var before = await proxy.ReadChangesAsync(cancellation);
            var index = i * _slices.Length / _options.Changes;
            (_slices[index], _) = _objects.Changed(_slices[index]);
            await _api.Http.UpdateAsync(_slices[index], cancellation);
            var after = before;
            while (after.Count == before.Count)
            {
                await Task.Delay(5, cancellation);
                after = await proxy.ReadChangesAsync(cancellation);
            }

            times.Add((after.Seconds - before.Seconds) * 1000 / (after.Count - before.Count));
        }

        return Math.Round(Statistics.Median(times), 3);
    }
}

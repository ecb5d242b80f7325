using System.Net.Http.Json;
using System.Text.Json;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Node.Server;

namespace Viaduct.Cluster.Checks;

/// <summary>Has each node's agent, and the supervisor for the outside host, make the probes of a plan; all nodes at the same time.</summary>
public sealed class CheckRunner(ClusterPaths paths, TimeSpan timeout)
{
    public async Task<CheckReport> RunAsync(CheckPlan plan, CancellationToken cancellation)
    {
        var results = await Task.WhenAll(plan.Sources.GroupBy(s => s.Node).Select(node => ProbeAsync(node.Key, [.. node], plan.Targets, cancellation)));
        return new CheckReport(plan, [.. results.SelectMany(r => r)]);
    }

    private async Task<IEnumerable<CheckResult>> ProbeAsync(string? node, IReadOnlyList<CheckSource> sources, IReadOnlyList<CheckTarget> targets, CancellationToken cancellation)
    {
        var pairs = sources.SelectMany(source => targets.Where(target => CheckPlan.ShouldReach(source, target)).Select(target => (source, target))).ToArray();
        var probes = pairs.Select(pair => Probe(pair.source, pair.target)).ToArray();
        var socket = node is null ? paths.SupervisorSocket : paths.NodeSocket(node);
        try
        {
            var results = await AskAsync(socket, probes, cancellation);
            return pairs.Zip(results, (pair, result) => Judge(pair.source, pair.target, result));
        }
        catch (HttpRequestException e)
        {
            return pairs.Select(pair => new CheckResult(pair.source, pair.target, CheckVerdict.Miss, $"the process of {node ?? "the outside host"} does not answer: {e.Message}", 0));
        }
    }

    private static async Task<ConnectivityResult[]> AskAsync(string socket, ConnectivityProbe[] probes, CancellationToken cancellation)
    {
        using var http = UnixSocketHttp.CreateClient(socket);
        using var response = await http.PostAsJsonAsync(ConnectivityEndpoint.Path, probes, NodeJson.Default.ConnectivityProbeArray, cancellation);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(NodeJson.Default.ConnectivityResultArray, cancellation)
            ?? throw new JsonException("the answer holds no results");
    }

    private ConnectivityProbe Probe(CheckSource source, CheckTarget target) => new()
    {
        From = source.Kind == CheckSourceKind.Node ? "node" : source.Name,
        Protocol = target.Protocol,
        Address = target.Address,
        Port = target.Port,
        TimeoutMilliseconds = (int)timeout.TotalMilliseconds,
    };

    private static CheckResult Judge(CheckSource source, CheckTarget target, ConnectivityResult result)
    {
        var verdict = CheckReport.Judge(target, result.Ok, result.Refused);
        var detail = verdict == CheckVerdict.Miss && result.Ok ? "it answers, although it has no endpoints" : result.Error ?? result.Reply ?? "";
        return new CheckResult(source, target, verdict, detail, result.Milliseconds);
    }
}

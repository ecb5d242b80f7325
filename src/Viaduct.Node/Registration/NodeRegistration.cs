using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Registration;

/// <summary>Makes and keeps the Node object of this agent.</summary>
internal sealed class NodeRegistration(NodeOptions options, IKubeApi api, TimeProvider time, ILogger log)
{
    /// <summary>As a kubelet's status report when nothing changes.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(5);

    private readonly MachineFacts _machine = MachineFacts.Read();
    private Readiness _readiness = new(false, "the node agent is starting", time.GetUtcNow());

    /// <summary>Creates the Node, or takes over the one that an earlier agent made; tries until the API server answers.</summary>
    public async Task RegisterAsync(CancellationToken cancellation)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        while (true)
        {
            try
            {
                await CreateOrTakeOverAsync(cancellation);
                await WriteStatusAsync(cancellation);
                return;
            }
            catch (KubeApiException e)
            {
                Log.ApiUnreachable(log, options.NodeName, e.Message);
                await Task.Delay(backoff.Next(), cancellation);
            }
        }
    }

    /// <summary>Says that the node is ready for pods, then reports at each heartbeat; makes the Node again when somebody deleted it.</summary>
    public async Task ReportAsync(CancellationToken cancellation)
    {
        _readiness = new Readiness(true, "the node agent is ready", time.GetUtcNow());
        while (true)
        {
            await RegisterAsync(cancellation);
            await Task.Delay(Heartbeat, time, cancellation);
        }
    }

    private async Task CreateOrTakeOverAsync(CancellationToken cancellation)
    {
        try
        {
            await api.PatchAsync<KubeNode>(null, options.NodeName, NodeObject.LabelPatch(options), null, cancellation);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            await api.CreateRawAsync<KubeNode>(null, NodeObject.Create(options), cancellation);
        }
    }

    private Task<KubeNode> WriteStatusAsync(CancellationToken cancellation) => api.PatchAsync<KubeNode>(
        null, options.NodeName, NodeObject.StatusPatch(options, _machine, _readiness, time.GetUtcNow()), "status", cancellation);
}

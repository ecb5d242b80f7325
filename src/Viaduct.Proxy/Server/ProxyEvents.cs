using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Events;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server;

/// <summary>Tells people about their Services by Events. Telling never waits: a slow API server does not slow Services down.</summary>
internal sealed class ProxyEvents(IKubeApi api, string nodeName, ILogger log)
{
    // kube-proxy's name, so that tools which look for its Events find these.
    private readonly EventRecorder recorder = new(api, "kube-proxy", nodeName, log);
    // If nobody comes to read them the oldest are dropped.
    private readonly Channel<(ServiceName Service, string Reason, string Message)> waiting =
        Channel.CreateBounded<(ServiceName, string, string)>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Warn(ServiceName service, string reason, string message) => waiting.Writer.TryWrite((service, reason, message));

    /// <summary>A health check of the Service does not answer. The reason is kube-proxy's.</summary>
    public void WarnOfHealthCheck(ServiceName service, string message)
    {
        ServerLog.Warn(log, message);
        Warn(service, "FailedToStartServiceHealthcheck", message);
    }

    /// <summary>Of this node. As in kube-proxy its name stands for its uid, by which kubectl describe finds the Event.</summary>
    public void WarnOfNode(string reason, string message) => recorder.Warning(new KubeNode { Metadata = new ObjectMeta { Name = nodeName, Uid = nodeName } }, reason, message);

    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(recorder.RunAsync(cancellation), RecordAsync(cancellation));

    private async Task RecordAsync(CancellationToken cancellation)
    {
        await foreach (var (service, reason, message) in waiting.Reader.ReadAllAsync(cancellation))
            recorder.Warning(await FindAsync(service, cancellation), reason, message);
    }

    /// <summary>With its uid, without which kubectl describe does not show the Event. A list, for that is what node-proxiers may do.</summary>
    private async Task<Service> FindAsync(ServiceName service, CancellationToken cancellation)
    {
        try
        {
            var query = new ListQuery { Namespace = service.Namespace, FieldSelector = $"metadata.name={service.Name}" };
            if ((await api.ListAsync<Service>(query, cancellation)).Items is [var found, ..])
                return found;
        }
        catch (KubeApiException e)
        {
            ServerLog.Detail(log, $"Service {service} could not be looked up for an Event: {e.Message}");
        }

        return new Service { Metadata = new ObjectMeta { Namespace = service.Namespace, Name = service.Name } };
    }
}

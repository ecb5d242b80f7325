using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// What serves one Service port: a listener for each set of endpoints that its policies lead to (all, or those of this node), and what is remembered of
/// its clients. By whatever address a client comes, it is remembered as the same.
/// </summary>
internal sealed class ServicePortProxy
{
    private readonly Func<TransportProtocol, Balancer, IPortListener> open;
    private readonly AffinityTable affinity;
    private readonly Target cluster;
    private readonly Target local;

    public ServicePortProxy(TransportProtocol protocol, TimeProvider time, Func<TransportProtocol, Balancer, IPortListener> open)
    {
        (Protocol, this.open) = (protocol, open);
        affinity = new AffinityTable(time);
        cluster = new Target(new Balancer(affinity));
        local = new Target(new Balancer(affinity));
    }

    private sealed record Target(Balancer Balancer)
    {
        public IPortListener? Listener { get; set; }
    }

    public TransportProtocol Protocol { get; }

    /// <summary>Where connections must be redirected to.</summary>
    public ProxyPorts Ports => new(cluster.Listener?.Port ?? 0, local.Listener?.Port ?? 0);

    /// <summary>How many clients session affinity keeps at their endpoints.</summary>
    public int Clients => affinity.Count;

    /// <summary>What listens now.</summary>
    public IEnumerable<IPortListener> Listeners => new[] { cluster.Listener, local.Listener }.OfType<IPortListener>();

    /// <summary>Serves the port as it is now; opens listeners. Those without endpoints are put into <paramref name="unused"/>: rules may still lead to them.</summary>
    public void Update(ServicePortState port, List<IPortListener> unused)
    {
        affinity.Seconds = port.AffinitySeconds;
        Update(cluster, port.Endpoints, unused);
        Update(local, port.LocalEndpoints, unused);
    }

    /// <summary>Serves nothing any more.</summary>
    public void Close(List<IPortListener> unused)
    {
        Update(cluster, [], unused);
        Update(local, [], unused);
    }

    private void Update(Target target, ImmutableArray<ProxyEndpoint> endpoints, List<IPortListener> unused)
    {
        target.Balancer.Update(endpoints);
        if (endpoints.IsEmpty && target.Listener is { } listener)
        {
            unused.Add(listener);
            target.Listener = null;
        }
        else if (!endpoints.IsEmpty)
        {
            target.Listener ??= open(Protocol, target.Balancer);
            target.Listener.OnEndpointsChanged();
        }
    }
}

/// <summary>Ports of the proxy; 0 where there is no endpoint.</summary>
/// <param name="Cluster">Leads to all endpoints.</param>
/// <param name="Local">Leads to those of this node.</param>
internal readonly record struct ProxyPorts(ushort Cluster, ushort Local);

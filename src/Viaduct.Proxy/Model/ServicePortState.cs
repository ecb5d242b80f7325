using System.Collections.Immutable;
using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>One port of one Service, with everything a backend needs to serve it.</summary>
public sealed record ServicePortState
{
    public required ServicePortName Name { get; init; }

    public required IPAddress ClusterIP { get; init; }

    public required TransportProtocol Protocol { get; init; }

    public required ushort Port { get; init; }

    /// <summary>The port on every node, or null.</summary>
    public ushort? NodePort { get; init; }

    /// <summary>The usable endpoints, sorted by address, without doubles. Empty: connections are refused.</summary>
    public required ImmutableArray<ProxyEndpoint> Endpoints { get; init; }

    /// <summary>Everything that clients can connect to for this port.</summary>
    public IEnumerable<Frontend> Frontends
    {
        get
        {
            yield return Frontend.ClusterIP(ClusterIP, Protocol, Port);
            if (NodePort is { } nodePort)
                yield return Frontend.NodePort(Protocol, nodePort);
        }
    }

    // The generated equality would compare the arrays by reference, and then nothing would ever be unchanged.
    public bool Equals(ServicePortState? other) =>
        other is not null && Name == other.Name && ClusterIP.Equals(other.ClusterIP) && Protocol == other.Protocol
        && Port == other.Port && NodePort == other.NodePort && Endpoints.AsSpan().SequenceEqual(other.Endpoints.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, ClusterIP, Protocol, Port, NodePort, Endpoints.Length);
}

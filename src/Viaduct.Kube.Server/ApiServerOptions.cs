using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Addressing;
using Viaduct.Kube.Server.Pki;

namespace Viaduct.Kube.Server;

/// <summary>What an API server needs to know.</summary>
public sealed record ApiServerOptions
{
    /// <summary>The SQLite file; made if it is absent.</summary>
    public required string DatabasePath { get; init; }

    /// <summary>Addresses of Services, one range of each family; the first one of the first is that of the Service <c>kubernetes</c>.</summary>
    public IpRanges ServiceCidr { get; init; } = IPNetwork.Parse("172.21.0.0/20");

    public PortRange NodePortRange { get; init; } = PortRange.NodePorts;

    /// <summary>Where pods and nodes reach this server: the endpoint of the Service <c>kubernetes</c>.</summary>
    public required IPEndPoint ControlPlaneEndpoint { get; init; }

    public required ServerCertificates Certificates { get; init; }

    /// <summary>Addresses to listen at; port 0 takes a free one.</summary>
    public IReadOnlyList<IPEndPoint> Listeners { get; init; } = [new IPEndPoint(IPAddress.Loopback, 0)];

    /// <summary>Bound TCP sockets to listen at as well: opened by the caller, in another network namespace perhaps.</summary>
    public IReadOnlyList<Socket> ListeningSockets { get; init; } = [];

    /// <summary>Path of the unix socket of a node by its name, or null when there is no such node; for logs and exec.</summary>
    public Func<string, string?> NodeSocket { get; init; } = _ => null;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}

using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>A client, a node that forwards, and a server, in namespaces of their own: 10.1.0.2 -- 10.1.0.1 node 10.2.0.1 -- 10.2.0.2.</summary>
internal sealed class ForwardingPath : IDisposable
{
    public static readonly IPAddress NodeAddress = IPAddress.Parse("10.1.0.1"), ServerAddress = IPAddress.Parse("10.2.0.2");

    public ForwardingPath()
    {
        using var route = RouteClient.In(Node);
        Join(route, "client", Client, NodeAddress, IPAddress.Parse("10.1.0.2"));
        Join(route, "server", Server, IPAddress.Parse("10.2.0.1"), ServerAddress);
        Node.Run(() => Sysctl.Write("net.ipv4.ip_forward", "1"));
    }

    public NetNamespace Client { get; } = NetNamespace.Create();

    public NetNamespace Node { get; } = NetNamespace.Create();

    public NetNamespace Server { get; } = NetNamespace.Create();

    public void Dispose()
    {
        Client.Dispose();
        Node.Dispose();
        Server.Dispose();
    }

    private static void Join(RouteClient node, string name, NetNamespace ns, IPAddress gateway, IPAddress address)
    {
        node.AddLink(new VethSpec { Name = name, PeerName = "eth0", PeerNamespace = ns, Up = true });
        node.AddAddress(new AddressSpec { LinkIndex = node.GetLink(name).Index, Address = gateway, PrefixLength = 24 });
        using var inside = RouteClient.In(ns);
        var link = inside.GetLink("eth0").Index;
        inside.SetLink(link, new LinkChange { Up = true });
        inside.AddAddress(new AddressSpec { LinkIndex = link, Address = address, PrefixLength = 24 });
        inside.AddRoute(new RouteSpec { Gateway = gateway });
    }
}

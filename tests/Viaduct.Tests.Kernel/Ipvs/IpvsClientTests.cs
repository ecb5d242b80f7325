using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>Against ipvsadm(8) in a fresh namespace.</summary>
public sealed class IpvsClientTests : IDisposable
{
    private static readonly VirtualServiceKey Web = VirtualServiceKey.On(6, IPAddress.Parse("10.96.0.10"), 80);
    private static readonly DestinationSpec Server = new() { Address = IPAddress.Parse("172.20.0.3"), Port = 8080 };
    private readonly NetNamespace ns;
    private readonly IpvsClient ipvs;

    public IpvsClientTests()
    {
        NeedsIpvs.OrSkip();
        ns = NetNamespace.Create();
        ipvs = IpvsClient.In(ns);
    }

    public void Dispose()
    {
        ipvs?.Dispose();
        ns?.Dispose();
    }

    [Fact]
    public void Services_and_destinations_are_what_ipvsadm_shows()
    {
        var dns = VirtualServiceKey.On(17, IPAddress.Parse("fd00:96::10"), 53);
        var marked = VirtualServiceKey.Marked(AddressFamily.InterNetwork, 0x10056);
        ipvs.Commit(new IpvsBatch()
            .AddService(new() { Key = Web, Scheduler = "rr", PersistenceSeconds = 10800 })
            .AddDestination(Web, Server)
            .AddDestination(Web, Server with { Port = 8081, Weight = 0 })
            .AddService(new() { Key = dns, Scheduler = "mh", Flags = VirtualServiceFlags.SourceHashPort })
            .AddDestination(dns, new() { Address = IPAddress.Parse("fd00:20::3"), Port = 5353, Weight = 7 })
            .AddService(new() { Key = marked, Scheduler = "wlc" }));
        Assert.Equal(
            [
                "-A -f 65622 -s wlc", "-A -t 10.96.0.10:80 -s rr -p 10800", "-A -u [fd00:96::10]:53 -s mh -b mh-port",
                "-a -t 10.96.0.10:80 -r 172.20.0.3:8080 -m -w 1", "-a -t 10.96.0.10:80 -r 172.20.0.3:8081 -m -w 0", "-a -u [fd00:96::10]:53 -r [fd00:20::3]:5353 -m -w 7",
            ],
            Saved());

        ipvs.Commit(new IpvsBatch()
            .SetService(new() { Key = Web, Scheduler = "wrr" })
            .SetDestination(Web, Server with { Weight = 3 })
            .DeleteDestination(Web, Server with { Port = 8081 })
            .DeleteService(dns).DeleteService(marked));
        Assert.Equal(["-A -t 10.96.0.10:80 -s wrr", "-a -t 10.96.0.10:80 -r 172.20.0.3:8080 -m -w 3"], Saved());
    }

    [Fact]
    public void What_ipvsadm_makes_is_read_back()
    {
        foreach (var command in new[] { "-A -t 10.96.0.10:80 -s sh -p 60 -M 255.255.255.0 -b sh-port", "-a -t 10.96.0.10:80 -r 172.20.0.3:8080 -g -w 5", "-A -f 7 -6 -s lc" })
            Tool.Run(ns, "ipvsadm", command.Split(' '));
        var services = ipvs.ListServices().OrderBy(s => s.Key.FirewallMark).ToList();
        Assert.Equal(2, services.Count);
        Assert.Equal(
            new VirtualServiceInfo { Key = Web, Scheduler = "sh", PersistenceSeconds = 60, PersistencePrefix = 24, Flags = VirtualServiceFlags.SourceHashPort }, services[0]);
        Assert.Equal(VirtualServiceKey.Marked(AddressFamily.InterNetworkV6, 7), services[1].Key);
        Assert.True(services[1].Is(new() { Key = services[1].Key, Scheduler = "lc" }));
        Assert.Equal(services[0], ipvs.FindService(Web));
        // Direct routing keeps the port: the kernel takes the service's.
        Assert.Equal(
            new DestinationInfo { Address = Server.Address, Port = 80, Weight = 5, Forwarding = ForwardingMethod.DirectRoute }, Assert.Single(ipvs.ListDestinations(Web)));
    }

    [Fact]
    public void Refused_changes_name_their_item_and_all_others_are_made()
    {
        ipvs.Commit(new IpvsBatch().AddService(new() { Key = Web, Scheduler = "rr" }));
        var batch = new IpvsBatch();
        for (ushort port = 1; port <= 400; port++)
            batch.AddDestination(Web, Server with { Port = port });
        batch.AddDestination(Web, Server with { Port = 7 });
        for (ushort port = 401; port <= 500; port++)
            batch.AddDestination(Web, Server with { Port = port });
        var refusal = Assert.Throws<NetlinkException>(() => ipvs.Commit(batch));
        Assert.True(refusal.IsAlreadyExists);
        Assert.Equal("adding destination 172.20.0.3:7 to virtual service 10.96.0.10:80/tcp", refusal.Item);
        Assert.Equal(500, ipvs.ListDestinations(Web).Count);
    }

    [Fact]
    public void A_missing_service_is_not_found()
    {
        Assert.Null(ipvs.FindService(Web));
        Assert.Empty(ipvs.ListDestinations(Web));
        Assert.True(Assert.Throws<NetlinkException>(() => ipvs.Commit(new IpvsBatch().DeleteService(Web))).IsNotFound);
        Assert.True(Assert.Throws<NetlinkException>(() => ipvs.Commit(new IpvsBatch().AddService(new() { Key = Web, Scheduler = "nosuch" }))).IsNotFound);
    }

    [Fact]
    public void Time_outs_that_are_0_stay()
    {
        var before = ipvs.GetTimeouts();
        ipvs.SetTimeouts(new IpvsTimeouts(0, 0, 60));
        Assert.Equal(before with { Udp = 60 }, ipvs.GetTimeouts());
        Assert.Contains($"{before.Tcp} {before.TcpFin} 60", Tool.Run(ns, "ipvsadm", "-L", "--timeout"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_the_one_that_ipvsadm_shows()
    {
        var info = ipvs.GetInfo();
        Assert.Contains($"IP Virtual Server version {info.Version} (size={info.ConnectionTableSize})", Tool.Run(ns, "ipvsadm", "-Ln"), StringComparison.Ordinal);
        ipvs.Commit(new IpvsBatch().AddService(new() { Key = Web, Scheduler = "rr" }));
        ipvs.Clear();
        Assert.Empty(ipvs.ListServices());
    }

    private string[] Saved() => [.. Tool.Run(ns, "ipvsadm", "-Sn").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim()).Order(StringComparer.Ordinal)];
}

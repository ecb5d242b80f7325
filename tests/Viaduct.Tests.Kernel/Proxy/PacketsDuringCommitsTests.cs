using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>
/// What packets meet that pass while a transaction is committed. A packet takes the rules of all chains from the generation that it began with, but the
/// elements of sets from the one that is current at each look (nft_do_chain, nft_set_do_lookup).
/// </summary>
public sealed class PacketsDuringCommitsTests : IDisposable
{
    private const int Port = 80, Commits = 5_000;
    private static readonly IPAddress s_clusterIP = IPAddress.Parse("172.21.0.10");

    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly ServiceTracker tracker = new("node");
    private readonly Socket untranslated;
    private readonly NftablesBackend backend;

    public PacketsDuringCommitsTests()
    {
        using (var route = RouteClient.In(ns))
        {
            var lo = route.GetLink("lo").Index;
            route.SetLink(lo, new LinkChange { Up = true });
            route.AddAddress(new AddressSpec { LinkIndex = lo, Address = s_clusterIP, PrefixLength = 32 });
            route.AddAddress(new AddressSpec { LinkIndex = lo, Address = IPAddress.Parse("10.0.0.1"), PrefixLength = 24 });
        }

        backend = new NftablesBackend(NftClient.In(ns), new BackendOptions { Family = IPFamily.IPv4 });
        untranslated = ns.Run(() =>
        {
            Sysctl.Write("net.netfilter.nf_conntrack_udp_timeout", "1");
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(s_clusterIP, Port));
            return socket;
        });
    }

    public void Dispose()
    {
        untranslated.Dispose();
        backend.Dispose();
        ns.Dispose();
    }

    [Theory]
    [InlineData("None")]
    [InlineData("ClientIP")]
    public void No_connection_begins_untranslated_and_none_is_dropped_while_the_number_of_endpoints_changes(string sessionAffinity)
    {
        var service = NodeLab.Service("web", $"{s_clusterIP}", null);
        tracker.Set(service with { Spec = service.Spec! with { SessionAffinity = sessionAffinity } });
        Serve(1);
        using var done = new CancellationTokenSource();
        var (sent, dropped) = (0, 0);
        var sender = new Thread(() => (sent, dropped) = ns.Run(() => SendUntil(done.Token)));
        sender.Start();
        // Each number has a chain of its own, which is made when the number comes and removed when it goes.
        for (var i = 0; i < Commits; i++)
            Serve(2 + (i % 2));
        done.Cancel();
        sender.Join();

        Assert.InRange(sent, Commits, int.MaxValue);
        Assert.Equal((0, 0), (untranslated.Available, dropped));
    }

    private void Serve(int endpoints)
    {
        tracker.Set(NodeLab.Slice("web", Enumerable.Range(1, endpoints).Select(i => $"10.0.0.{i}")));
        var update = tracker.Commit();
        backend.ApplyAsync(update.Change, update.State, default).GetAwaiter().GetResult();
    }

    // A socket for each datagram: another port, so another connection.
    private static (int Sent, int Dropped) SendUntil(CancellationToken done)
    {
        var (sent, dropped) = (0, 0);
        for (; !done.IsCancellationRequested; sent++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                client.SendTo([1], new IPEndPoint(s_clusterIP, Port));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
            {
                // EPERM: a rule dropped it (nf_hook_slow).
                dropped++;
            }
        }

        return (sent, dropped);
    }
}

using System.Net;
using System.Net.Sockets;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kernel.Proxy.Userspace;

public sealed class UdpAndAffinityTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly RelayLab lab;

    public UdpAndAffinityTests() => lab = new RelayLab(new UserspaceOptions { UdpTimeout = TimeSpan.FromMilliseconds(300), Time = time });

    public void Dispose() => lab.Dispose();

    [Fact]
    public void A_UDP_client_stays_with_its_endpoint_and_the_next_client_gets_the_next()
    {
        Restart(TimeSpan.FromMinutes(5));
        var (one, two) = (lab.Listen(ProtocolType.Udp), lab.Listen(ProtocolType.Udp));
        lab.Serve(0, one.Port(), two.Port());
        var (first, second) = (lab.Connect(ProtocolType.Udp), lab.Connect(ProtocolType.Udp));
        var ofFirst = Exchange(first, one);
        Exchange(second, two);
        Assert.Equal(ofFirst, Exchange(first, one));
    }

    [Fact]
    public async Task A_silent_UDP_session_ends_and_the_client_begins_another()
    {
        var (one, two) = (lab.Listen(ProtocolType.Udp), lab.Listen(ProtocolType.Udp));
        lab.Serve(0, one.Port(), two.Port());
        var client = lab.Connect(ProtocolType.Udp);
        Exchange(client, one);
        await RelayLab.Until(async () => await lab.Backend.CountSessionsAsync() == 0, "no session");
        Exchange(client, two);
    }

    [Fact]
    public async Task UDP_sessions_to_an_endpoint_that_leaves_end_at_once()
    {
        Restart(TimeSpan.FromMinutes(5));
        var (one, two) = (lab.Listen(ProtocolType.Udp), lab.Listen(ProtocolType.Udp));
        lab.Serve(0, one.Port());
        var client = lab.Connect(ProtocolType.Udp);
        Exchange(client, one);
        lab.Serve(0, two.Port());
        Exchange(client, two);
        lab.Serve(0, new List<int>());
        await RelayLab.Until(async () => await lab.Backend.CountSessionsAsync() == 0, "no session");
    }

    [Fact]
    public async Task A_UDP_endpoint_that_refuses_is_passed_over()
    {
        Restart(TimeSpan.FromMinutes(5));
        var (gone, alive) = (lab.Listen(ProtocolType.Udp), lab.Listen(ProtocolType.Udp));
        lab.Serve(0, gone.Port(), alive.Port());
        gone.Close();
        var client = lab.Connect(ProtocolType.Udp);
        client.Send("lost"u8);
        await RelayLab.Until(async () => await lab.Backend.CountSessionsAsync() == 0, "no session");
        Exchange(client, alive);
    }

    [Fact]
    public async Task A_UDP_client_goes_on_after_a_restart()
    {
        var server = lab.Listen(ProtocolType.Udp);
        lab.Serve(0, server.Port());
        var client = lab.Connect(ProtocolType.Udp);
        Exchange(client, server);
        Restart(TimeSpan.FromMinutes(5));
        lab.Serve(0, server.Port());
        await lab.Backend.StaleFlowsIdle;
        Exchange(client, server);
    }

    [Fact]
    public void A_client_with_affinity_comes_to_its_endpoint_until_the_time_is_over()
    {
        Socket[] listeners = [lab.Listen(), lab.Listen()];
        lab.Serve(60, listeners.Select(l => l.Port()));
        var first = Accepted(listeners);
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal(first, Accepted(listeners));
        }

        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(1 - first, Accepted(listeners));
    }

    [Fact]
    public void A_client_whose_endpoint_leaves_or_refuses_stays_with_another()
    {
        Socket[] listeners = [lab.Listen(), lab.Listen()];
        lab.Serve(60, listeners.Select(l => l.Port()));
        var first = Accepted(listeners);
        lab.Serve(60, listeners[1 - first].Port());
        Assert.Equal(1 - first, Accepted(listeners));
        lab.Serve(60, listeners.Select(l => l.Port()));
        Assert.Equal(1 - first, Accepted(listeners));
        var port = listeners[1 - first].Port();
        listeners[1 - first].Close();
        lab.Serve(60, listeners[first].Port(), port);
        for (var i = 0; i < 3; i++)
        {
            lab.Connect();
            lab.Keep(listeners[first].Accept());
        }
    }

    [Fact]
    public void Sctp_is_refused_and_said()
    {
        var report = lab.Apply(new ServicePortState
        {
            Name = new("default", "phone", ""), ClusterIP = PackedAddress.From(RelayLab.Service), Protocol = TransportProtocol.Sctp, Port = 5060,
            Endpoints = [new(new(PackedAddress.From(IPAddress.Loopback), 5060), false)], HasEndpointsAnywhere = true,
        });
        Assert.Contains("SCTP", Assert.Single(report.Refused).Message, StringComparison.Ordinal);
    }

    private void Restart(TimeSpan udpTimeout)
    {
        lab.Backend.Dispose();
        lab.Options = lab.Options with { UdpTimeout = udpTimeout };
        lab.NewBackend();
    }

    // Asks, answers, and tells from where the endpoint was asked.
    private static EndPoint Exchange(Socket client, Socket server)
    {
        client.Send("question"u8);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = server.ReceiveFrom(new byte[100], ref from);
        Assert.Equal(8, length);
        server.SendTo("answer"u8, from);
        Assert.Equal("answer", client.ReadText(6));
        return from;
    }

    private int Accepted(Socket[] listeners)
    {
        var client = lab.Connect();
        var ready = listeners.ToList();
        Socket.Select(ready, null, null, 10_000_000);
        // The kernel accepts for the endpoint before the proxy knows and remembers; when it copies, it does.
        lab.Keep(Assert.Single(ready).Accept()).Send("!"u8);
        Assert.Equal("!", client.ReadText(1));
        return Array.IndexOf(listeners, ready[0]);
    }
}

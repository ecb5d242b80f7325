using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Proxy.Userspace;

public sealed class TcpRelayTests : IDisposable
{
    private RelayLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public void A_client_that_ends_first_still_gets_the_answer()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var (client, server) = lab.Pair(listener);
        client.Send("question"u8);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("question", server.ReadText(8));
        Assert.True(server.IsAtEnd());
        server.Send("answer"u8);
        Assert.Equal("answer", client.ReadText(6));
        server.Shutdown(SocketShutdown.Send);
        Assert.True(client.IsAtEnd());
    }

    [Fact]
    public void An_endpoint_that_ends_first_still_gets_what_the_client_says()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var (client, server) = lab.Pair(listener);
        server.Send("greeting"u8);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("greeting", client.ReadText(8));
        Assert.True(client.IsAtEnd());
        client.Send("later"u8);
        Assert.Equal("later", server.ReadText(5));
        client.Shutdown(SocketShutdown.Send);
        Assert.True(server.IsAtEnd());
    }

    // A timer for each would wake the loops some twenty times more: whenever the clock that they are kept by (CLOCK_MONOTONIC_COARSE) goes on, for 100 ms.
    [Fact]
    public async Task Connections_one_after_the_other_leave_no_timer_each()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        for (var i = 0; i < 300; i++)
        {
            var (client, server) = lab.Pair(listener);
            client.Close();
            server.Close();
        }

        await lab.UntilConnections(0);
        var before = lab.CountWaits();
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.InRange(lab.CountWaits() - before, 0, 10);
    }

    [Fact]
    public void A_reset_of_one_end_reaches_the_other()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var (client, server) = lab.Pair(listener);
        server.LingerState = new LingerOption(true, 0);
        server.Close();
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.Receive(new byte[1])).SocketErrorCode);
    }

    // The kernel's buffers take some megabytes (tcp_rmem, tcp_wmem), the proxy 64 KiB, and then the sender waits.
    [Fact]
    public async Task A_slow_reader_stops_the_sender_and_misses_nothing()
    {
        const int Limit = 256 << 20;
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var (client, server) = lab.Pair(listener);
        client.Blocking = false;
        var block = RandomNumberGenerator.GetBytes(1 << 20);
        using var sentHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sent = 0L;
        while (sent < Limit && client.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite))
        {
            var n = client.Send(block, SocketFlags.None, out _);
            sentHash.AppendData(block, 0, n);
            sent += n;
        }

        Assert.True(sent < Limit, "Nothing stopped the sender.");
        client.Shutdown(SocketShutdown.Send);
        var (received, receivedHash) = await Task.Run(() => ReadAll(server), TestContext.Current.CancellationToken);
        Assert.Equal(sent, received);
        Assert.Equal(sentHash.GetHashAndReset(), receivedHash);
    }

    [Fact]
    public void An_endpoint_that_refuses_is_passed_over()
    {
        var (alive, gone) = (lab.Listen(), lab.Listen());
        lab.Serve(0, gone.Port(), alive.Port());
        gone.Close();
        for (var i = 0; i < 6; i++)
        {
            var (client, server) = lab.Pair(alive);
            server.Send("!"u8);
            Assert.Equal("!", client.ReadText(1));
        }
    }

    [Fact]
    public void An_endpoint_that_is_silent_is_passed_over()
    {
        var (alive, silent) = (lab.Listen(), lab.Listen());
        Tool.Run(lab.Namespace, "nft", "add table ip t; add chain ip t c { type filter hook input priority 0; }; add rule ip t c tcp dport " + silent.Port() + " drop");
        lab.Serve(0, silent.Port(), alive.Port());
        for (var i = 0; i < 2; i++)
        {
            var (client, server) = lab.Pair(alive);
            server.Send("!"u8);
            Assert.Equal("!", client.ReadText(1));
        }
    }

    [Fact]
    public void A_client_is_reset_when_no_endpoint_takes_it()
    {
        var (first, second) = (lab.Listen(), lab.Listen());
        lab.Serve(0, first.Port(), second.Port());
        first.Close();
        second.Close();
        var client = lab.Connect();
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.Receive(new byte[1])).SocketErrorCode);
    }

    [Fact]
    public void Endpoints_take_turns()
    {
        Socket[] listeners = [lab.Listen(), lab.Listen(), lab.Listen()];
        lab.Serve(0, listeners.Select(l => l.Port()));
        for (var i = 0; i < 10; i++)
        {
            for (var j = 0; j < 3; j++)
                lab.Connect();
            foreach (var listener in listeners)
                lab.Keep(listener.Accept());
        }

        Assert.All(listeners, l => Assert.False(l.Poll(0, SelectMode.SelectRead)));
    }

    [Fact]
    public async Task Connections_to_an_endpoint_or_Service_that_is_removed_live_on()
    {
        var (old, other) = (lab.Listen(), lab.Listen());
        lab.Serve(0, old.Port());
        var (client, server) = lab.Pair(old);
        lab.Serve(0, other.Port());
        lab.Pair(other);
        lab.Apply();
        Assert.Equal(SocketError.TimedOut, Assert.Throws<SocketException>(() => ConnectBriefly()).SocketErrorCode);
        client.Send("still"u8);
        Assert.Equal("still", server.ReadText(5));
        client.Close();
        server.Close();
        await lab.UntilConnections(1);
    }

    [Fact]
    public async Task What_is_above_the_limit_is_refused_and_nothing_else()
    {
        lab.Dispose();
        lab = new RelayLab(new UserspaceOptions { MaxDescriptors = 4 });
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var (client, server) = lab.Pair(listener);
        lab.Pair(listener);
        var third = lab.Connect();
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => third.Receive(new byte[1])).SocketErrorCode);
        client.Close();
        server.Close();
        await lab.UntilConnections(1);
        lab.Pair(listener);
    }

    [Fact]
    public async Task Whichever_way_connections_end_no_socket_is_left()
    {
        var (alive, gone) = (lab.Listen(), lab.Listen());
        lab.Serve(0, alive.Port(), gone.Port());
        gone.Close();
        var before = lab.CountSockets();
        for (var i = 0; i < 200; i++)
        {
            var (client, server) = lab.Pair(alive);
            var (first, second) = i % 2 == 0 ? (client, server) : (server, client);
            if (i % 4 < 2)
                first.LingerState = new LingerOption(true, 0);
            first.Close();
            second.Close();
        }

        await lab.UntilConnections(0);
        await RelayLab.Until(() => Task.FromResult(lab.CountSockets() <= before), $"as few sockets as before, {before}");
    }

    [Fact]
    public void After_a_restart_clients_are_served_again()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var (client, _) = lab.Pair(listener);
        lab.Backend.Dispose();
        Assert.ThrowsAny<SocketException>(() => Assert.NotEqual(0, client.Receive(new byte[1])));
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => lab.Connect()).SocketErrorCode);
        lab.NewBackend();
        Assert.True(lab.Serve(0, listener.Port()).IsFull);
        lab.Pair(listener);
    }

    [Fact]
    public void Nobody_comes_to_the_proxy_but_through_a_Service()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var port = Tool.Run(lab.Namespace, "ss", "-Hltn", "src", "169.254.86.68").Split(' ', StringSplitOptions.RemoveEmptyEntries)[3].Split(':')[^1];
        using var client = lab.Open(ProtocolType.Tcp);
        client.Bind(new IPEndPoint(RelayLab.Node, 0));
        var proxy = new IPEndPoint(IPAddress.Parse("169.254.86.68"), int.Parse(port, null));
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => client.Connect(proxy)).SocketErrorCode);
    }

    [Fact]
    public async Task Somebody_who_takes_the_proxys_address_away_is_noticed_and_Services_are_served_again()
    {
        var listener = lab.Listen();
        lab.Serve(0, listener.Port());
        var edit = lab.Backend.WaitForForeignEditAsync(TestContext.Current.CancellationToken);

        Tool.Run(lab.Namespace, "ip", "address", "delete", "169.254.86.68/32", "dev", "lo");

        await edit.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        lab.Serve(0, listener.Port());
        lab.Pair(listener);
    }

    // Without an endpoint no rule translates any more, and the kernel must not stop tracking connections for it.
    [Fact]
    public void Without_any_endpoint_clients_are_refused()
    {
        lab.Serve(0, new List<int>());
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => lab.Connect()).SocketErrorCode);
    }

    private void ConnectBriefly()
    {
        using var client = lab.Open(ProtocolType.Tcp);
        if (!client.ConnectAsync(RelayLab.Service, RelayLab.Port).Wait(TimeSpan.FromMilliseconds(200)))
            throw new SocketException((int)SocketError.TimedOut);
    }

    private static (long Length, byte[] Hash) ReadAll(Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        var length = 0L;
        while (socket.Receive(buffer) is var n and > 0)
        {
            hash.AppendData(buffer, 0, n);
            length += n;
        }

        return (length, hash.GetHashAndReset());
    }
}

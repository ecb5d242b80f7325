using System.Net;
using CsCheck;
using Viaduct.Linux.Sockets;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Proxy.Userspace;

/// <summary>For how long a client keeps its endpoint.</summary>
public class AffinityTableTests
{
    private const int Seconds = 100;
    private static readonly SocketPeer First = Peer("10.0.0.1", 8080), Second = Peer("10.0.0.2", 8080), Client = Peer("192.0.2.1", 40_000);
    private readonly ManualTime time = new();

    [Fact]
    public void Without_affinity_nobody_is_remembered()
    {
        var table = new AffinityTable(time);
        table.Remember(Client, First);
        Assert.Null(table.Find(Client));
        table.Seconds = Seconds;
        Assert.Null(table.Find(Client));
    }

    [Fact]
    public void A_client_is_its_address_whatever_port_it_comes_from()
    {
        var table = NewTable();
        table.Remember(Client, First);
        Assert.Equal(First, table.Find(Client with { Port = 1 }));
        Assert.Null(table.Find(Peer("192.0.2.2", Client.Port)));
    }

    [Fact]
    public void Each_connection_begins_the_time_anew_and_a_question_does_not()
    {
        var table = NewTable();
        table.Remember(Client, First);
        time.Advance(TimeSpan.FromSeconds(Seconds - 1));
        Assert.Equal(First, table.Find(Client));
        table.Remember(Client, First);
        time.Advance(TimeSpan.FromSeconds(Seconds - 1));
        Assert.Equal(First, table.Find(Client));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(table.Find(Client));
    }

    [Fact]
    public void A_client_that_is_connected_elsewhere_stays_there()
    {
        var table = NewTable();
        table.Remember(Client, First);
        table.Remember(Client, Second);
        Assert.Equal(Second, table.Find(Client));
    }

    [Fact]
    public void A_client_whose_endpoint_did_not_answer_is_forgotten_alone()
    {
        var table = NewTable();
        var other = Peer("192.0.2.2", 1);
        table.Remember(Client, First);
        table.Remember(other, First);
        table.Forget(Client, Second);
        Assert.Equal(First, table.Find(Client));
        table.Forget(Client, First);
        Assert.Null(table.Find(Client));
        Assert.Equal(First, table.Find(other));
    }

    [Fact]
    public void Connections_that_a_new_client_begins_at_once_go_to_the_same_endpoint()
    {
        var table = NewTable();
        Assert.Equal(First, table.Choose(Client, [First, Second], proposed: First));
        Assert.Equal(First, table.Choose(Client, [First, Second], proposed: Second));
        // Unless it has left.
        Assert.Equal(Second, table.Choose(Client, [Second], proposed: Second));
        table.Seconds = 0;
        Assert.Equal(First, table.Choose(Client, [First, Second], proposed: First));
    }

    [Fact]
    public void Affinity_that_is_taken_away_is_forgotten_for_good()
    {
        var table = NewTable();
        table.Remember(Client, First);
        table.Seconds = 0;
        table.Seconds = Seconds;
        Assert.Null(table.Find(Client));
    }

    [Fact]
    public void A_full_table_keeps_those_that_it_has_and_takes_new_ones_when_their_time_is_over()
    {
        var table = NewTable();
        for (var i = 0; i < 65_535; i++)
            table.Remember(Numbered(i), First);
        table.Remember(Numbered(70_000), First);
        Assert.Null(table.Find(Numbered(70_000)));
        table.Remember(Numbered(0), Second);
        Assert.Equal(Second, table.Find(Numbered(0)));

        time.Advance(TimeSpan.FromSeconds(Seconds));
        table.Remember(Numbered(70_000), First);

        Assert.Equal(First, table.Find(Numbered(70_000)));
    }

    [Fact]
    public void It_answers_as_a_list_of_all_connections_would() => Gen.Select(Gen.Int[0, 4], Gen.Int[0, 1], Gen.Int[0, Seconds]).List[1, 50].Sample(steps =>
    {
        var clock = new ManualTime();
        var table = new AffinityTable(clock) { Seconds = Seconds };
        var connections = new List<(int Client, SocketPeer Endpoint, DateTimeOffset At)>();
        foreach (var (client, endpoint, pause) in steps)
        {
            clock.Advance(TimeSpan.FromSeconds(pause));
            var last = connections.FindLast(c => c.Client == client);
            var expected = last.Endpoint != default && clock.GetUtcNow() < last.At.AddSeconds(Seconds) ? last.Endpoint : (SocketPeer?)null;
            Assert.Equal(expected, table.Find(Numbered(client)));
            connections.Add((client, endpoint == 0 ? First : Second, clock.GetUtcNow()));
            table.Remember(Numbered(client), connections[^1].Endpoint);
        }
    });

    private AffinityTable NewTable() => new(time) { Seconds = Seconds };

    private static SocketPeer Numbered(int number) => new((UInt128)(uint)number, 1, IsIPv4: true);

    private static SocketPeer Peer(string address, ushort port) => SocketPeer.From(IPAddress.Parse(address), port);
}

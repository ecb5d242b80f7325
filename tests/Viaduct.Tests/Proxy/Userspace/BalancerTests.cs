using System.Net;
using CsCheck;
using Viaduct.Linux.Sockets;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Proxy.Userspace;

/// <summary>Which endpoint a connection is led to, and which ones are tried after it.</summary>
public class BalancerTests
{
    private static readonly SocketPeer Client = SocketPeer.From(IPAddress.Parse("192.0.2.1"), 40_000);
    private readonly AffinityTable affinity = new(new ManualTime());

    [Fact]
    public void Endpoints_have_their_turn_one_after_the_other()
    {
        var balancer = With(3);
        Assert.Equal([1, 2, 3, 1, 2, 3], Enumerable.Range(0, 6).Select(_ => First(balancer)));
    }

    [Fact]
    public void Without_endpoints_there_is_nothing_to_try()
    {
        var order = With(0).OrderFor(Client);
        Assert.False(order.HasMore);
        Assert.False(order.TryNext(out _));
    }

    [Fact]
    public void Each_endpoint_is_tried_once_from_the_chosen_one_on()
    {
        var balancer = With(3);
        Assert.Equal([1, 2, 3], All(balancer.OrderFor(Client)));
        Assert.Equal([2, 3, 1], All(balancer.OrderFor(Client)));
    }

    [Fact]
    public void The_remembered_endpoint_comes_first_and_costs_nobody_a_turn()
    {
        affinity.Seconds = 100;
        var balancer = With(3);
        affinity.Remember(Client, Endpoint(3));
        Assert.Equal([3, 1, 2], All(balancer.OrderFor(Client)));
        Assert.Equal(1, First(balancer, SocketPeer.From(IPAddress.Parse("192.0.2.2"), 1)));
    }

    [Fact]
    public void A_remembered_endpoint_that_left_is_not_tried()
    {
        affinity.Seconds = 100;
        var balancer = With(3);
        affinity.Remember(Client, Endpoint(3));
        balancer.Update([.. Endpoints(2)]);
        Assert.Equal([1, 2], All(balancer.OrderFor(Client)).Order());
        Assert.False(balancer.Has(Endpoint(3)));
        Assert.True(balancer.Has(Endpoint(2)));
    }

    [Fact]
    public void An_order_that_was_begun_goes_on_with_the_endpoints_of_its_begin()
    {
        var balancer = With(3);
        var order = balancer.OrderFor(Client);
        Assert.True(order.TryNext(out _));
        balancer.Update([]);
        Assert.Equal([2, 3], All(order));
    }

    [Fact]
    public void However_many_there_are_the_turns_differ_by_one_at_most() => Gen.Select(Gen.Int[1, 20], Gen.Int[1, 200]).Sample((endpoints, connections) =>
    {
        var balancer = With(endpoints);
        var turns = Enumerable.Range(0, connections).Select(_ => First(balancer)).CountBy(e => e).Select(c => c.Value).ToList();
        Assert.True(turns.Max() - (turns.Count < endpoints ? 0 : turns.Min()) <= 1);
    });

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("fd00::1")]
    public void A_peer_is_the_endpoints_address_and_port(string address) =>
        Assert.Equal(SocketPeer.From(IPAddress.Parse(address), 8080), Balancer.PeerOf(new EndpointAddress(PackedAddress.From(IPAddress.Parse(address)), 8080)));

    private Balancer With(int count)
    {
        var balancer = new Balancer(affinity);
        balancer.Update([.. Endpoints(count)]);
        return balancer;
    }

    private static IEnumerable<ProxyEndpoint> Endpoints(int count) => Enumerable.Range(1, count).Select(n => new ProxyEndpoint(new(PackedAddress.Read([10, 0, 0, (byte)n]), 8080), IsRemote: true));

    private static SocketPeer Endpoint(int number) => SocketPeer.From([10, 0, 0, (byte)number], 8080);

    private static int First(Balancer balancer, SocketPeer? client = null)
    {
        var order = balancer.OrderFor(client ?? Client);
        Assert.True(order.TryNext(out var endpoint));
        return (int)(endpoint.Address & 0xFF);
    }

    private static List<int> All(EndpointOrder order)
    {
        var all = new List<int>();
        while (order.TryNext(out var endpoint))
            all.Add((int)(endpoint.Address & 0xFF));
        return all;
    }
}

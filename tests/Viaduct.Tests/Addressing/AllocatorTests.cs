using System.Net;
using CsCheck;
using Viaduct.Addressing;

namespace Viaduct.Tests.Addressing;

public class AllocatorTests
{
    [Theory]
    [InlineData("10.0.0.0/28", 0)]
    [InlineData("10.0.0.0/27", 16)]
    [InlineData("10.0.0.0/24", 16)]
    [InlineData("10.0.0.0/22", 64)]
    [InlineData("10.0.0.0/20", 256)]
    [InlineData("10.0.0.0/12", 256)]
    public void The_static_band_of_services_has_the_size_of_KEP_3070(string cidr, int band) =>
        Assert.Equal(band, new ServiceAddressAllocator(IPNetwork.Parse(cidr)).StaticBand);

    [Fact]
    public void The_static_band_of_the_default_node_ports_is_86() => Assert.Equal(86, new NodePortAllocator(PortRange.NodePorts).StaticBand);

    [Fact]
    public void The_static_band_is_handed_out_last_and_every_address_once()
    {
        var allocator = new ServiceAddressAllocator(IPNetwork.Parse("10.0.0.0/26"));
        var given = Enumerable.Range(0, 62).Select(_ => allocator.Allocate()!).ToList();
        Assert.Equal(62, given.Distinct().Count());
        Assert.All(given[..46], a => Assert.InRange(a.GetAddressBytes()[3], 17, 62));
        Assert.All(given[46..], a => Assert.InRange(a.GetAddressBytes()[3], 1, 16));
        Assert.Null(allocator.Allocate());
        Assert.Equal(0, allocator.Free);
    }

    [Fact]
    public void Network_and_broadcast_address_belong_to_no_service()
    {
        var allocator = new ServiceAddressAllocator(IPNetwork.Parse("10.0.0.0/28"));
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(IPAddress.Parse("10.0.0.0")));
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(IPAddress.Parse("10.0.0.15")));
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(IPAddress.Parse("9.255.255.255")));
        Assert.Equal(Reservation.Reserved, allocator.Reserve(allocator.First));
        Assert.Equal(Reservation.Taken, allocator.Reserve(allocator.First));
    }

    [Fact]
    public void Whatever_is_asked_no_service_address_has_two_owners_and_none_is_lost() =>
        Gen.Select(Gen.Int[24, 29], Gen.Int[0, 300].Array[0, 400], Gen.Int[0, 2].Array[400]).Sample((prefix, numbers, verbs) =>
        {
            var cidr = new IPNetwork(IPAddress.Parse("10.1.2.0"), prefix);
            var allocator = new ServiceAddressAllocator(cidr, new Random(1));
            var owned = new HashSet<IPAddress>();
            for (var i = 0; i < numbers.Length; i++)
            {
                var address = Cidr.ToAddress(cidr.First() + (uint)numbers[i], cidr.Family());
                var usable = numbers[i] >= 1 && numbers[i] <= allocator.Capacity;
                switch (verbs[i])
                {
                    case 0 when allocator.Allocate() is { } given:
                        Assert.True(cidr.Contains(given));
                        Assert.True(owned.Add(given));
                        break;
                    case 0:
                        Assert.Equal(allocator.Capacity, owned.Count);
                        break;
                    case 1:
                        var expected = !usable ? Reservation.OutOfRange : owned.Add(address) ? Reservation.Reserved : Reservation.Taken;
                        Assert.Equal(expected, allocator.Reserve(address));
                        break;
                    default:
                        Assert.Equal(owned.Remove(address), allocator.Release(address));
                        break;
                }
                Assert.Equal(allocator.Capacity - owned.Count, allocator.Free);
            }
        });

    [Fact]
    public void Node_ports_stay_in_their_range_and_come_back_when_released()
    {
        var allocator = new NodePortAllocator(new PortRange(30000, 30009));
        var given = Enumerable.Range(0, 10).Select(_ => allocator.Allocate()!.Value).ToList();
        Assert.Equal(Enumerable.Range(30000, 10), given.Order());
        Assert.Null(allocator.Allocate());
        Assert.True(allocator.Release(30004));
        Assert.Equal(30004, allocator.Allocate());
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(30010));
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(80));
    }

    [Theory]
    [InlineData("30000")]
    [InlineData("32767-30000")]
    [InlineData("0-10")]
    [InlineData("1-70000")]
    public void A_port_range_that_is_none_is_refused(string text) =>
        Assert.StartsWith("nodePorts: ", Assert.Throws<AddressingException>(() => PortRange.Parse(text, "nodePorts")).Message);

    [Fact]
    public void A_freed_node_block_is_used_again_last()
    {
        var allocator = new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/22"), 24);
        var first = allocator.Allocate()!.Value;
        Assert.Equal(IPNetwork.Parse("172.20.0.0/24"), first);
        Assert.True(allocator.Release(first));
        Assert.Equal(["172.20.1.0/24", "172.20.2.0/24", "172.20.3.0/24", "172.20.0.0/24"], Enumerable.Range(0, 4).Select(_ => allocator.Allocate()!.Value.ToString()));
        Assert.Null(allocator.Allocate());
    }

    [Fact]
    public void A_block_that_a_node_has_already_is_not_given_to_another()
    {
        var allocator = new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/23"), 24);
        Assert.Equal(Reservation.Reserved, allocator.Reserve(IPNetwork.Parse("172.20.0.0/24")));
        Assert.Equal(Reservation.Taken, allocator.Reserve(IPNetwork.Parse("172.20.0.0/24")));
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(IPNetwork.Parse("172.20.2.0/24")));
        Assert.Equal(Reservation.OutOfRange, allocator.Reserve(IPNetwork.Parse("172.20.1.0/25")));
        Assert.Equal("172.20.1.0/24", allocator.Allocate()!.Value.ToString());
        Assert.Null(allocator.Allocate());
    }

    [Fact]
    public void Whatever_is_asked_no_node_block_has_two_owners() =>
        Gen.Int[0, 20].Array[0, 100].Sample(numbers =>
        {
            var pods = IPNetwork.Parse("172.20.0.0/20");
            var allocator = new NodeCidrAllocator(pods, 24);
            var owned = new HashSet<IPNetwork>();
            foreach (var number in numbers)
            {
                if (number < 16)
                    Assert.Equal(owned.Remove(pods.BlockAt(24, (uint)number)), allocator.Release(pods.BlockAt(24, (uint)number)));
                else if (allocator.Allocate() is { } block)
                    Assert.True(pods.Contains(block) && owned.Add(block));
                else
                    Assert.Equal(16, owned.Count);
            }
        });

    [Fact]
    public void A_mask_that_does_not_fit_names_field_and_range()
    {
        var e = Assert.Throws<AddressingException>(() => new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/16"), 8));
        Assert.Equal("nodeMask: /8 must be between /16 (podCidr 172.20.0.0/16) and /30.", e.Message);
    }
}

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
        Gen.Select(Gen.Int[3, 8], Gen.Bool, Gen.Int[0, 300].Array[0, 400], Gen.Int[0, 2].Array[400]).Sample((bits, isIPv6, numbers, verbs) =>
        {
            var cidr = Cidr.Around(IPAddress.Parse(isIPv6 ? "fd00:21::" : "10.1.2.0"), (isIPv6 ? 128 : 32) - bits);
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
                        // Those that people choose come last.
                        Assert.True(cidr.OffsetOf(given) > (uint)allocator.StaticBand || owned.Count(a => cidr.OffsetOf(a) > (uint)allocator.StaticBand) == allocator.Capacity - allocator.StaticBand);
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

    [Theory]
    [InlineData("10.0.0.0/11", "serviceCidr: 10.0.0.0/11 must have a prefix from /12 to /29.")]
    [InlineData("10.0.0.0/30", "serviceCidr: 10.0.0.0/30 must have a prefix from /12 to /29.")]
    [InlineData("fd00:21::/107", "serviceCidr: fd00:21::/107 must have a prefix from /108 to /125.")]
    [InlineData("fd00:21::/126", "serviceCidr: fd00:21::/126 must have a prefix from /108 to /125.")]
    public void A_service_range_too_large_or_too_small_is_refused(string cidr, string message) =>
        Assert.Equal(message, Assert.Throws<AddressingException>(() => new ServiceAddressAllocator(IPNetwork.Parse(cidr))).Message);

    [Theory]
    [InlineData("10.0.0.0/12", 1_048_574)]
    [InlineData("fd00:21::/108", 1_048_575)]
    public void The_largest_range_can_be_given_out_to_its_last_address_and_had_again(string cidr, int count)
    {
        var allocator = new ServiceAddressAllocator(IPNetwork.Parse(cidr), new Random(1));
        var given = Enumerable.Range(0, count).Select(_ => allocator.Allocate()!).ToHashSet();
        Assert.Equal(count, given.Count);
        Assert.Null(allocator.Allocate());
        Assert.True(allocator.Release(IPAddress.Parse(cidr.Contains(':', StringComparison.Ordinal) ? "fd00:21::f:1234" : "10.7.7.7")));
        Assert.NotNull(allocator.Allocate());
        Assert.Null(allocator.Allocate());
    }

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
    public void Whatever_is_asked_no_node_block_has_two_owners_and_the_longest_unused_is_next() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 31].Array[0, 150]).Sample((isIPv6, numbers) =>
        {
            var pods = IPNetwork.Parse(isIPv6 ? "fd00:20::/60" : "172.20.0.0/20");
            var mask = isIPv6 ? 64 : 24;
            var allocator = new NodeCidrAllocator(pods, mask);
            var owned = new HashSet<IPNetwork>();
            var used = new HashSet<IPNetwork>();
            var freed = new List<IPNetwork>();
            foreach (var number in numbers)
            {
                var asked = pods.BlockAt(mask, (uint)number % 16);
                if (number < 16)
                {
                    Assert.Equal(owned.Remove(asked), allocator.Release(asked));
                    if (used.Contains(asked) && !owned.Contains(asked) && !freed.Contains(asked))
                        freed.Add(asked);
                }
                else if (allocator.Allocate() is { } block)
                {
                    Assert.True(pods.Contains(block) && owned.Add(block));
                    if (!used.Add(block))
                        Assert.Equal((16, freed[0]), (used.Count, block));
                    freed.Remove(block);
                }
                else
                {
                    Assert.Equal(16, owned.Count);
                }
                Assert.Equal(16 - owned.Count, allocator.Free);
            }
        });

    [Fact]
    public void Whatever_owners_adopt_get_and_lose_no_block_is_given_that_another_claims() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 7]).Array[0, 120].Sample(steps =>
        {
            var pods = IPNetwork.Parse("172.20.0.0/21");
            var owners = new NodeCidrOwners([new NodeCidrAllocator(pods, 24)]);
            var claims = new Dictionary<string, IPNetwork>();
            foreach (var (verb, who, number) in steps)
            {
                var (owner, block) = ($"n{who}", pods.BlockAt(24, (uint)number));
                if (verb == 0 && !claims.ContainsKey(owner))
                {
                    var given = owners.Assign(owner, out var exhausted);
                    Assert.Equal(claims.Values.Distinct().Count() == 8, exhausted is not null);
                    if (given is not null)
                        Assert.DoesNotContain(given[0], claims.Values);
                    if (given is not null)
                        claims[owner] = given[0];
                }
                else if (verb == 1)
                {
                    var isNew = !claims.TryGetValue(owner, out var before) || before != block;
                    var isTaken = claims.Any(c => c.Key != owner && c.Value == block);
                    Assert.Equal(isNew && isTaken, owners.Adopt(owner, [block]).Count > 0);
                    claims[owner] = block;
                }
                else if (verb == 2)
                {
                    var becomesFree = claims.Remove(owner, out var had) && !claims.ContainsValue(had);
                    Assert.Equal(becomesFree, owners.Release(owner));
                }
            }
        });

    [Fact]
    public void Whatever_is_asked_no_node_address_has_two_owners_and_none_is_the_routers() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 2].Array[0, 80], Gen.Int[0, 20].Array[80]).Sample((isIPv6, verbs, numbers) =>
        {
            var vSwitch = IPNetwork.Parse(isIPv6 ? "fd00:10::/124" : "192.168.0.0/28");
            var allocator = new NodeAddressAllocator(vSwitch);
            var room = allocator.Free;
            Assert.Equal(isIPv6 ? 14 : 13, room);
            var owned = new HashSet<IPAddress>();
            for (var i = 0; i < verbs.Length; i++)
            {
                var address = Cidr.ToAddress(vSwitch.First() + (uint)numbers[i], vSwitch.Family());
                var usable = numbers[i] >= 2 && numbers[i] < room + 2;
                if (verbs[i] == 0)
                {
                    var given = allocator.Allocate();
                    Assert.Equal(owned.Count == room, given is null);
                    Assert.True(given is null || (owned.Add(given) && vSwitch.Contains(given) && !given.Equals(allocator.Gateway)));
                }
                else if (verbs[i] == 1)
                {
                    Assert.Equal(!usable ? Reservation.OutOfRange : owned.Add(address) ? Reservation.Reserved : Reservation.Taken, allocator.Reserve(address));
                }
                else
                {
                    Assert.Equal(owned.Remove(address), allocator.Release(address));
                }
            }
            Assert.Equal(room - owned.Count, allocator.Free);
        });

    [Fact]
    public void A_vSwitch_of_any_size_gives_addresses_in_order()
    {
        foreach (var (vSwitch, first) in ((string, string)[])[("10.0.0.0/8", "10.0.0.2"), ("fd00:10:0:1::/64", "fd00:10:0:1::2"), ("192.168.0.0/30", "192.168.0.2")])
            Assert.Equal(IPAddress.Parse(first), new NodeAddressAllocator(IPNetwork.Parse(vSwitch)).Allocate());
        Assert.Throws<AddressingException>(() => new NodeAddressAllocator(IPNetwork.Parse("192.168.0.0/31")));
    }

    [Fact]
    public void The_set_of_numbers_finds_the_next_missing_one_wherever_it_is() =>
        Gen.Select(Gen.Int[1, 9000], Gen.Int[0, 8999].Array[0, 60], Gen.Int[0, 8999], Gen.Bool).Sample((size, numbers, from, isFull) =>
        {
            var (set, model) = (new NumberSet(size), new HashSet<int>());
            for (var i = 0; isFull && i < size; i++)
                Assert.True(set.Add(i) && model.Add(i));
            foreach (var number in numbers.Where(n => n < size))
            {
                if (isFull)
                    Assert.Equal(model.Remove(number), set.Remove(number));
                else
                    Assert.Equal(model.Add(number), set.Add(number));
            }
            Assert.Equal(model.Count, set.Count);
            var start = from % size;
            int? expected = Enumerable.Range(start, size - start).Where(n => !model.Contains(n)).Select(n => (int?)n).FirstOrDefault();
            Assert.Equal(expected, set.NextMissing(start, size));
        }, iter: 2000);

    [Fact]
    public void A_mask_that_does_not_fit_names_field_and_range()
    {
        var e = Assert.Throws<AddressingException>(() => new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/16"), 8));
        Assert.Equal("nodeMask: /8 must be between /16 (podCidr 172.20.0.0/16) and /30.", e.Message);
    }
}

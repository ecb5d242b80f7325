using System.Net;
using System.Text.Json;
using CsCheck;
using Viaduct.Cni.Dispatch;
using Viaduct.Cni.HostLocal;
using Viaduct.Cni.Types;

namespace Viaduct.Tests.Cni;

public sealed class HostLocalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("viaduct-ipam-").FullName;

    private string NetworkDirectory => Path.Combine(_directory, "net1");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Addresses_go_round_and_a_freed_one_is_used_last()
    {
        Assert.Equal("10.1.0.2", Allocate("a"));
        Assert.Equal("10.1.0.3", Allocate("b"));
        Release("a");
        Assert.Equal("10.1.0.4", Allocate("c"));
        Assert.Equal("10.1.0.5", Allocate("d"));
        Assert.Equal("10.1.0.6", Allocate("e"));
        Assert.Equal("10.1.0.2", Allocate("f"));
        Assert.Contains("no addresses available", Assert.Throws<CniException>(() => Allocate("g")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_have_the_layout_of_the_reference_plugin()
    {
        Allocate("abc");
        Assert.Equal("abc\r\neth0", File.ReadAllText(Path.Combine(NetworkDirectory, "10.1.0.2")));
        Assert.Equal("10.1.0.2", File.ReadAllText(Path.Combine(NetworkDirectory, "last_reserved_ip.0")));
        Assert.True(File.Exists(Path.Combine(NetworkDirectory, "lock")));
    }

    [Fact]
    public void Reservations_of_the_reference_plugin_are_known()
    {
        Directory.CreateDirectory(NetworkDirectory);
        File.WriteAllText(Path.Combine(NetworkDirectory, "10.1.0.2"), "old\r\neth0");
        Assert.Contains("10.1.0.2", Assert.Throws<CniException>(() => Allocate("old")).Message, StringComparison.Ordinal);
        Assert.Equal("10.1.0.3", Allocate("new"));
        Release("old");
        Assert.False(File.Exists(Path.Combine(NetworkDirectory, "10.1.0.2")));
    }

    [Fact]
    public void An_empty_file_belongs_to_nobody()
    {
        Directory.CreateDirectory(NetworkDirectory);
        File.WriteAllText(Path.Combine(NetworkDirectory, "10.1.0.2"), "");
        Assert.Equal("10.1.0.2", Allocate("a"));
    }

    [Fact]
    public void Releasing_twice_or_for_nobody_frees_nothing_of_others()
    {
        Allocate("a");
        Release("a");
        Allocate("b");
        Release("a");
        Release("never");
        Assert.True(File.Exists(Path.Combine(NetworkDirectory, "10.1.0.3")));
    }

    [Fact]
    public void A_requested_address_is_given_or_refused()
    {
        Assert.Equal("10.1.0.5", Allocate("a", requested: "10.1.0.5"));
        Assert.Contains("10.1.0.5 is in use", Assert.Throws<CniException>(() => Allocate("b", requested: "10.1.0.5")).Message, StringComparison.Ordinal);
        Assert.Contains("gateway", Assert.Throws<CniException>(() => Allocate("b", requested: "10.1.0.1")).Message, StringComparison.Ordinal);
        Assert.Contains("none of the ranges", Assert.Throws<CniException>(() => Allocate("b", requested: "10.9.0.1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_address_of_each_range_set_and_none_if_one_is_full()
    {
        const string Two = """{"type":"host-local","dataDir":"DIR","ranges":[[{"subnet":"10.1.0.0/29"}],[{"subnet":"10.2.0.0/30"}]]}""";
        Assert.Equal("10.1.0.2 10.2.0.2", Allocate("a", Two));
        Assert.Throws<CniException>(() => Allocate("b", Two));
        Assert.False(File.Exists(Path.Combine(NetworkDirectory, "10.1.0.3")));
        Release("a");
        Assert.Equal("10.1.0.4 10.2.0.2", Allocate("b", Two));
    }

    [Fact]
    public void A_store_locked_by_another_is_try_again_later()
    {
        using var first = HostLocalStore.Open(NetworkDirectory, TimeSpan.FromSeconds(10));
        var error = Assert.Throws<CniException>(() => HostLocalStore.Open(NetworkDirectory, TimeSpan.FromMilliseconds(20)));
        Assert.Equal(11, error.Code);
        first.Dispose();
        HostLocalStore.Open(NetworkDirectory, TimeSpan.FromSeconds(10)).Dispose();
    }

    [Fact]
    public void Whatever_comes_and_goes_no_two_attachments_share_an_address() =>
        Gen.Int[0, 9].Array[1, 60].Sample(
            steps =>
            {
                using var test = new HostLocalTests();
                var held = new Dictionary<int, string>();
                foreach (var id in steps)
                {
                    if (held.Remove(id))
                        test.Release($"c{id}");
                    else if (held.Count < 5)
                        held.Add(id, test.Allocate($"c{id}"));
                }
                Assert.Equal(held.Count, held.Values.Distinct().Count());
                using var store = HostLocalStore.Open(test.NetworkDirectory, TimeSpan.FromSeconds(10));
                Assert.Equal(held.Select(h => (h.Value, $"c{h.Key}")).Order(), store.Reservations().Select(r => (r.Address.ToString(), r.Owner.ContainerId)).Order());
            },
            iter: 10, threads: 1);

    private string Allocate(string id, string? ipam = null, string? requested = null) =>
        string.Join(' ', HostLocalAllocator.Allocate(Config(ipam, requested), new Attachment(id, "eth0")).Select(ip => ip.Address));

    private void Release(string id) => HostLocalAllocator.Release(Config(null, null), new Attachment(id, "eth0"));

    private HostLocalConfig Config(string? ipam, string? requested)
    {
        ipam ??= """{"type":"host-local","dataDir":"DIR","subnet":"10.1.0.0/29"}""";
        var json = $$"""{"ipam":{{ipam.Replace("DIR", _directory, StringComparison.Ordinal)}}}""";
        return HostLocalConfig.Read(new CniRequest
        {
            Version = "1.1.0",
            Network = "net1",
            Config = new ConfigReader(JsonDocument.Parse(json).RootElement),
            Arguments = new CniArguments(requested is null ? null : IPAddress.Parse(requested), null),
            Log = TextWriter.Null,
        });
    }
}

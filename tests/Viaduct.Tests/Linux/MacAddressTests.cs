using Viaduct.Linux.Route;

namespace Viaduct.Tests.Linux;

public class MacAddressTests
{
    [Fact]
    public void Text_and_bytes_agree()
    {
        var mac = MacAddress.Parse("0A:58:0a:00:00:01");
        Assert.Equal("0a:58:0a:00:00:01", mac.ToString());
        Assert.Equal(mac, MacAddress.FromBytes([0x0a, 0x58, 0x0a, 0, 0, 1]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0a:58:0a:00:00")]
    [InlineData("0a:58:0a:00:00:1")]
    [InlineData("0a:58:0a:00:00:0g")]
    [InlineData("0a-58-0a-00-00-01")]
    public void Other_text_is_refused(string text) => Assert.False(MacAddress.TryParse(text, out _));

    [Fact]
    public void Random_addresses_are_local_and_unicast()
    {
        for (var i = 0; i < 100; i++)
            Assert.Equal(2, MacAddress.Random().ToBytes()[0] & 3);
    }

    [Fact]
    public void A_link_local_address_comes_from_it_as_devices_make_theirs() =>
        Assert.Equal("fe80::858:aff:fe00:1", MacAddress.Parse("0a:58:0a:00:00:01").ToLinkLocal().ToString());
}

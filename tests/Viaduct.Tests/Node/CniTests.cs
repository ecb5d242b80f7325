using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Node.Network;

namespace Viaduct.Tests.Node;

public class CniTests
{
    [Fact]
    public void The_plugin_gets_the_network_a_range_of_each_family_and_the_mtu()
    {
        var request = new CniConfiguration("cni0", "/state/ipam", [IPNetwork.Parse("172.20.3.0/24"), IPNetwork.Parse("fd00:172:20:3::/64")], 1450).Request(null);
        var expected = JsonNode.Parse("""
            {"type":"viaduct-cni","bridge":"cni0","isDefaultGateway":true,"hairpinMode":true,"mtu":1450,"ipMasq":false,
             "ipam":{"type":"host-local","ranges":[[{"subnet":"172.20.3.0/24"}],[{"subnet":"fd00:172:20:3::/64"}]],"dataDir":"/state/ipam"},
             "cniVersion":"1.1.0","name":"viaduct"}
            """);
        Assert.True(JsonNode.DeepEquals(expected, request), request.ToJsonString());
    }

    [Fact]
    public void A_deletion_carries_the_result_of_the_addition()
    {
        var result = new JsonObject { ["cniVersion"] = "1.1.0" };
        var request = new CniConfiguration("cni0", "/state/ipam", [IPNetwork.Parse("172.20.3.0/24"), IPNetwork.Parse("fd00:172:20:3::/64")], 1450).Request(result);
        Assert.True(JsonNode.DeepEquals(result, request["prevResult"]));
    }

    [Fact]
    public void The_pod_s_addresses_are_those_of_the_result_in_order() => Assert.Equal(
        [IPAddress.Parse("172.20.3.7"), IPAddress.Parse("fd00::7")],
        CniResult.Parse("""{"cniVersion":"1.1.0","ips":[{"address":"172.20.3.7/24","gateway":"172.20.3.1"},{"address":"fd00::7/64"}]}""").Addresses);

    [Theory]
    [InlineData("""{"code":11,"msg":"no addresses left","details":"172.20.3.0/24"}""", "", "no addresses left: 172.20.3.0/24")]
    [InlineData("""{"code":7,"msg":"bad config"}""", "trace", "bad config")]
    [InlineData("", "Segmentation fault", "viaduct-cni ended with code 1 and without an error object: Segmentation fault")]
    public void A_failure_is_told_in_the_plugin_s_words(string output, string error, string expected) =>
        Assert.Equal(expected, CniResult.ErrorText(output, error, 1));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"ips":[]}""")]
    [InlineData("""{"ips":[{"address":"nonsense"}]}""")]
    public void A_success_without_an_address_is_an_error(string output) => Assert.Throws<CniException>(() => CniResult.Parse(output));
}

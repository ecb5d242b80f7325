using System.Net;
using System.Text;
using System.Text.Json;
using Viaduct.Cni.Types;

namespace Viaduct.Tests.Cni;

public class CniResultJsonTests
{
    private static readonly CniResult Result = new()
    {
        Interfaces = [new CniInterface("cni0", "02:00:00:00:00:01", null, 1400), new CniInterface("eth0", "02:00:00:00:00:02", "/run/netns/p", 1400)],
        Ips = [new CniIp(IPAddress.Parse("10.1.0.2"), 24, IPAddress.Parse("10.1.0.1"), 1)],
        Routes = [new CniRoute(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.1.0.1"))],
    };

    [Theory]
    [InlineData("1.1.0", """{"cniVersion":"1.1.0","interfaces":[{"name":"cni0","mac":"02:00:00:00:00:01","mtu":1400},{"name":"eth0","mac":"02:00:00:00:00:02","mtu":1400,"sandbox":"/run/netns/p"}],"ips":[{"interface":1,"address":"10.1.0.2/24","gateway":"10.1.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}]}""")]
    [InlineData("1.0.0", """{"cniVersion":"1.0.0","interfaces":[{"name":"cni0","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:00:00:00:00:02","sandbox":"/run/netns/p"}],"ips":[{"interface":1,"address":"10.1.0.2/24","gateway":"10.1.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}]}""")]
    [InlineData("0.3.1", """{"cniVersion":"0.3.1","interfaces":[{"name":"cni0","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:00:00:00:00:02","sandbox":"/run/netns/p"}],"ips":[{"version":"4","interface":1,"address":"10.1.0.2/24","gateway":"10.1.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}],"dns":{}}""")]
    public void A_result_has_the_shape_of_its_version(string version, string expected)
    {
        var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            CniResultJson.Write(json, Result, version);
        Assert.Equal(expected, Encoding.UTF8.GetString(bytes.ToArray()));
    }
}

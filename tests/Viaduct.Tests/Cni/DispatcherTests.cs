using System.Text;
using System.Text.Json;
using Viaduct.Cni.Bridge;
using Viaduct.Cni.Dispatch;

namespace Viaduct.Tests.Cni;

/// <summary>The process contract of CNI SPEC 1.1.0: variables, standard input, standard output, exit codes. Nothing here reaches the kernel.</summary>
public class DispatcherTests
{
    private const string Good = """{"cniVersion":"1.1.0","name":"net1","type":"viaduct-cni","ipam":{"type":"host-local","subnet":"10.1.0.0/24"}}""";

    [Theory]
    [InlineData("ADD", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME")]
    [InlineData("DEL", "CNI_CONTAINERID,CNI_IFNAME")]
    [InlineData("CHECK", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME")]
    [InlineData("GC", "CNI_PATH")]
    public void Missing_variables_are_code_4_and_named(string command, string missing)
    {
        var error = Fail(Good, ("CNI_COMMAND", command));
        Assert.Equal(4, Code(error));
        Assert.Contains($"[{missing}]", Message(error), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_command_is_code_4()
    {
        var error = Fail(Good, ("CNI_COMMAND", "FOO"));
        Assert.Equal((4, "unknown CNI_COMMAND: FOO"), (Code(error), Message(error)));
    }

    [Fact]
    public void Without_a_command_the_plugin_introduces_itself_and_succeeds()
    {
        var (code, output, log) = Call("");
        Assert.Equal((0, ""), (code, output));
        Assert.Contains("CNI protocol versions supported: 0.3.0", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CNI_CONTAINERID", "")]
    [InlineData("CNI_CONTAINERID", "../x")]
    [InlineData("CNI_CONTAINERID", "-x")]
    [InlineData("CNI_CONTAINERID", "a b")]
    [InlineData("CNI_IFNAME", "..")]
    [InlineData("CNI_IFNAME", "a/b")]
    [InlineData("CNI_IFNAME", "a:b")]
    [InlineData("CNI_IFNAME", "a b")]
    [InlineData("CNI_IFNAME", "sixteen-bytes-xx")]
    public void Bad_ids_and_names_are_code_4(string variable, string value) => Assert.Equal(4, Code(Fail(Good, [.. AddVariables(), (variable, value)])));

    [Fact]
    public void A_container_id_of_one_character_is_taken() => Assert.Equal(8, Code(Fail(Good, [.. AddVariables(), ("CNI_CONTAINERID", "a")])));

    [Theory]
    [InlineData("", 6)]
    [InlineData("{", 6)]
    [InlineData("[]", 7)]
    [InlineData("""{"cniVersion":"1.1.0"}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"a/b"}""", 7)]
    [InlineData("""{"cniVersion":"9.9.9","name":"a"}""", 1)]
    [InlineData("""{"cniVersion":"1.1","name":"a"}""", 1)]
    [InlineData("""{"name":"a"}""", 1)]
    public void Bad_configurations_have_their_codes(string config, int code) => Assert.Equal(code, Code(Fail(config, AddVariables())));

    [Theory]
    [InlineData("CHECK", "0.3.1")]
    [InlineData("GC", "1.0.0")]
    [InlineData("STATUS", "0.4.0")]
    public void A_command_younger_than_the_configuration_is_code_1(string command, string version)
    {
        var error = Fail(Good.Replace("1.1.0", version, StringComparison.Ordinal), [.. AddVariables(), ("CNI_COMMAND", command)]);
        Assert.Equal((1, $"config version does not allow {command}"), (Code(error), Message(error)));
    }

    [Theory]
    [InlineData("", "1.1.0")]
    [InlineData("""{"cniVersion":"0.4.0"}""", "0.4.0")]
    [InlineData("""{"cniVersion":"7.0.0"}""", "7.0.0")]
    public void Version_answers_with_the_version_it_was_asked_in(string config, string version)
    {
        var (code, output, _) = Call(config, ("CNI_COMMAND", "VERSION"));
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal((0, version), (code, json.GetProperty("cniVersion").GetString()));
        Assert.Equal(["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"], json.GetProperty("supportedVersions").EnumerateArray().Select(v => v.GetString()));
    }

    [Theory]
    [InlineData("IP", 4)]
    [InlineData("FOO=1", 4)]
    [InlineData("IP=nonsense", 4)]
    [InlineData("MAC=nonsense", 4)]
    [InlineData("FOO=1;IgnoreUnknown=1", 8)]
    public void Bad_arguments_are_code_4_and_unknown_ones_need_IgnoreUnknown(string arguments, int code) =>
        Assert.Equal(code, Code(Fail(Good, [.. AddVariables(), ("CNI_ARGS", arguments)])));

    [Theory]
    [InlineData("""{"type":"host-local"}""", "no IP ranges specified")]
    [InlineData("""{"type":"host-local","subnet":"10.1.0.0"}""", "ipam.subnet: \"10.1.0.0\" is not a network")]
    [InlineData("""{"type":"host-local","subnet":"10.1.0.1/24"}""", "has host bits set; the network of this prefix is 10.1.0.0/24")]
    [InlineData("""{"type":"host-local","subnet":"10.1.0.0/31"}""", "too small")]
    [InlineData("""{"type":"host-local","subnet":24}""", "ipam.subnet must be a string, not 24")]
    [InlineData("""{"type":"host-local","ranges":[[]]}""", "empty range set")]
    [InlineData("""{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24","rangeStart":"10.2.0.1"}]]}""", "ipam.ranges[0][0].rangeStart: 10.2.0.1 is not in network 10.1.0.0/24")]
    [InlineData("""{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24","gateway":"1.2.3.4"}]]}""", "ipam.ranges[0][0].gateway: 1.2.3.4 is not in network")]
    [InlineData("""{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"10.1.0.0/25"}]]}""", "overlap")]
    [InlineData("""{"type":"host-local","subnet":"10.1.0.0/24","routes":[{"gw":"10.1.0.1"}]}""", "ipam.routes[0].dst is missing")]
    public void Bad_address_configurations_are_code_7_and_name_the_key(string ipam, string message)
    {
        var error = Fail($$"""{"cniVersion":"1.1.0","name":"n","ipam":{{ipam}}}""", AddVariables());
        Assert.Equal(7, Code(error));
        Assert.Contains(message, Message(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"vlan\":100", "vlan", "100")]
    [InlineData("\"promiscMode\":true", "promiscMode", "true")]
    [InlineData("\"ipMasqBackend\":\"iptables\"", "ipMasqBackend", "iptables")]
    [InlineData("\"ipam\":{\"type\":\"dhcp\"}", "ipam.type", "dhcp")]
    public void Keys_that_are_not_served_are_code_2_with_key_and_value(string entry, string key, string value)
    {
        var error = Fail($$"""{"cniVersion":"1.1.0","name":"n",{{entry}}}""", AddVariables());
        Assert.Equal(2, Code(error));
        Assert.Contains(key, Message(error), StringComparison.Ordinal);
        Assert.Contains(value, Message(error), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_at_their_defaults_are_taken() =>
        Assert.Equal(8, Code(Fail(Good.Replace("\"ipam\"", "\"vlan\":0,\"promiscMode\":false,\"capabilities\":{\"ips\":true},\"ipam\"", StringComparison.Ordinal), AddVariables())));

    private static (string, string)[] AddVariables() =>
        [("CNI_COMMAND", "ADD"), ("CNI_CONTAINERID", "abc"), ("CNI_NETNS", "/no/such/netns"), ("CNI_IFNAME", "eth0"), ("CNI_PATH", "/none")];

    private static JsonElement Fail(string config, params (string, string)[] variables)
    {
        var (code, output, _) = Call(config, variables);
        Assert.Equal(1, code);
        return JsonDocument.Parse(output).RootElement;
    }

    private static (int Code, string Output, string Log) Call(string config, params (string Name, string Value)[] variables)
    {
        var output = new MemoryStream();
        var log = new StringWriter();
        var process = new CniProcess(name => variables.LastOrDefault(v => v.Name == name).Value, new MemoryStream(Encoding.UTF8.GetBytes(config)), output, log);
        var code = new CniDispatcher(process, new BridgePlugin(), "about").Run();
        return (code, Encoding.UTF8.GetString(output.ToArray()), log.ToString());
    }

    private static int Code(JsonElement error) => error.GetProperty("code").GetInt32();

    private static string Message(JsonElement error) => error.GetProperty("msg").GetString()!;
}

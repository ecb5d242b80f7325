using System.Text;
using System.Text.Json;
using Viaduct.Cni.Bridge;
using Viaduct.Cni.Dispatch;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Cni;

/// <summary>A node, its address store and calls of the plugin inside it, through variables and streams as a runtime makes them.</summary>
internal sealed class CniNode : IDisposable
{
    private readonly List<string> _bound = [];

    public NetNamespace Node { get; } = NetNamespace.Create();

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("viaduct-cni-").FullName;

    public string NetworkDirectory => Path.Combine(Directory, "net1");

    public (string Path, NetNamespace Namespace) MakePod(string name)
    {
        var pod = NetNamespace.Create();
        var path = Path.Combine(Directory, name);
        pod.BindTo(path);
        _bound.Add(path);
        return (path, pod);
    }

    public string Config(string more = "", string subnet = "10.77.0.0/24", string version = "1.1.0") => $$$"""
        {"cniVersion":"{{{version}}}","name":"net1","type":"viaduct-cni","bridge":"cni0","isDefaultGateway":true,"hairpinMode":true,"mtu":1400{{{more}}},
         "ipam":{"type":"host-local","ranges":[[{"subnet":"{{{subnet}}}"}]],"dataDir":"{{{Directory}}}"}}
        """;

    public JsonElement Add(string id, string netns, string? config = null)
    {
        var (code, output) = Call("ADD", id, netns, config);
        Assert.True(code == 0, output);
        return Json(output);
    }

    public void Delete(string id, string netns, string? config = null)
    {
        var (code, output) = Call("DEL", id, netns, config);
        Assert.Equal((0, ""), (code, output));
    }

    public JsonElement Fail(string command, string id, string netns, string? config = null)
    {
        var (code, output) = Call(command, id, netns, config);
        Assert.Equal(1, code);
        return Json(output);
    }

    public (int Code, string Output) Call(string command, string id, string netns, string? config = null, string arguments = "IgnoreUnknown=1;K8S_POD_NAME=x")
    {
        var variables = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command, ["CNI_CONTAINERID"] = id, ["CNI_NETNS"] = netns, ["CNI_IFNAME"] = "eth0", ["CNI_PATH"] = "/none", ["CNI_ARGS"] = arguments,
        };
        var output = new MemoryStream();
        var process = new CniProcess(variables.GetValueOrDefault, new MemoryStream(Encoding.UTF8.GetBytes(config ?? Config())), output, TextWriter.Null);
        var code = Node.Run(() => new CniDispatcher(process, new BridgePlugin(), "test").Run());
        return (code, Encoding.UTF8.GetString(output.ToArray()));
    }

    public void Dispose()
    {
        foreach (var path in _bound)
            NetNamespace.Unbind(path);
        Node.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}

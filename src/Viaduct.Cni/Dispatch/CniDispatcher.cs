using System.Text.Json;
using Viaduct.Cni.Types;
using Viaduct.Linux;
using Viaduct.Linux.Netlink;

namespace Viaduct.Cni.Dispatch;

/// <summary>One call of a CNI plugin: reads variables and configuration, checks them, runs the command, writes the result or the error object.</summary>
public sealed class CniDispatcher(CniProcess process, ICniPlugin plugin, string about)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the exit code: 0, or 1 after an error object.</summary>
    public int Run()
    {
        string? version = null;
        try
        {
            Dispatch(ref version);
            return 0;
        }
        catch (CniException e)
        {
            return Fail(e, version);
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            return Fail(new CniException(CniErrorCode.Kernel, e.Message, cause: e), version);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(new CniException(CniErrorCode.InputOutput, e.Message, cause: e), version);
        }
    }

    private void Dispatch(ref string? version)
    {
        var variables = new CniVariables(process.Variable);
        var command = variables["CNI_COMMAND"];
        if (command.Length == 0)
        {
            process.Log.WriteLine($"{about}\nCNI protocol versions supported: {string.Join(", ", CniVersion.Supported)}");
            return;
        }
        if (command is not ("ADD" or "DEL" or "CHECK" or "GC" or "STATUS" or "VERSION"))
            throw new CniException(CniErrorCode.InvalidEnvironment, $"unknown CNI_COMMAND: {command}");
        variables.CheckFor(command);
        using var document = ReadConfiguration(emptyIsFine: command == "VERSION");
        var config = new ConfigReader(document.RootElement);
        version = config.Text("cniVersion") ?? "";
        if (command == "VERSION")
            WriteVersions(version);
        else
            Execute(command, ReadRequest(command, config, version, variables));
    }

    private void Execute(string command, CniRequest request)
    {
        switch (command)
        {
            case "ADD":
                var result = plugin.Add(request);
                WriteOutput(json => CniResultJson.Write(json, result, request.Version));
                break;
            case "DEL":
                plugin.Delete(request);
                break;
            case "CHECK":
                plugin.Check(request);
                break;
            case "STATUS":
                plugin.Status(request);
                break;
            default:
                plugin.CollectGarbage(request);
                break;
        }
    }

    private CniRequest ReadRequest(string command, ConfigReader config, string version, CniVariables variables)
    {
        if (!CniVersion.Supported.Contains(version))
            throw new CniException(CniErrorCode.IncompatibleVersion, "incompatible CNI versions", $"config is \"{version}\", plugin supports [{string.Join(' ', CniVersion.Supported)}]");
        CheckCommandVersion(command, version);
        var name = config.Text("name") ?? "";
        if (name.Length == 0)
            throw CniException.InvalidConfiguration("missing network name");
        if (!CniVariables.IsIdentifier(name))
            throw CniException.InvalidConfiguration($"invalid characters found in network name \"{name}\"; it has letters, digits, '_', '.' and '-' and begins with a letter or digit");
        var path = variables["CNI_NETNS"];
        return new CniRequest
        {
            Version = version,
            Network = name,
            Config = config,
            ContainerId = variables["CNI_CONTAINERID"],
            InterfaceName = variables["CNI_IFNAME"],
            NetNamespacePath = path.Length > 0 ? path : null,
            Arguments = CniArguments.Parse(variables["CNI_ARGS"]),
            Log = process.Log,
        };
    }

    private static void CheckCommandVersion(string command, string version)
    {
        var since = command switch { "CHECK" => "0.4.0", "GC" or "STATUS" => "1.1.0", _ => CniVersion.Supported[0] };
        if (!CniVersion.IsAtLeast(version, since))
            throw new CniException(CniErrorCode.IncompatibleVersion, $"config version does not allow {command}", $"config is \"{version}\", {command} came with {since}");
    }

    private JsonDocument ReadConfiguration(bool emptyIsFine)
    {
        var bytes = new MemoryStream();
        try
        {
            process.Input.CopyTo(bytes);
        }
        catch (IOException e)
        {
            throw new CniException(CniErrorCode.InputOutput, $"the configuration on standard input cannot be read: {e.Message}", cause: e);
        }
        if (emptyIsFine && bytes.Length == 0)
            bytes.Write("{}"u8);
        bytes.Position = 0;
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw new CniException(CniErrorCode.Decoding, $"the configuration on standard input is not JSON: {e.Message}", cause: e);
        }
    }

    private void WriteVersions(string asked) => WriteOutput(json =>
    {
        json.WriteStartObject();
        json.WriteString("cniVersion", asked.Length > 0 ? asked : CniVersion.Latest);
        json.WriteStartArray("supportedVersions");
        foreach (var version in CniVersion.Supported)
            json.WriteStringValue(version);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private int Fail(CniException error, string? version)
    {
        WriteOutput(json =>
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", string.IsNullOrEmpty(version) ? CniVersion.Latest : version);
            json.WriteNumber("code", error.Code);
            json.WriteString("msg", error.Message);
            if (!string.IsNullOrEmpty(error.Details))
                json.WriteString("details", error.Details);
            json.WriteEndObject();
        });
        return 1;
    }

    private void WriteOutput(Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(process.Output, Indented))
            write(json);
        process.Output.Write("\n"u8);
        process.Output.Flush();
    }
}

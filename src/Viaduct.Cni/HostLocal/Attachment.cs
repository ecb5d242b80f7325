namespace Viaduct.Cni.HostLocal;

/// <summary>A container's interface in a network: what an address is reserved for. Both parts are checked names without colon.</summary>
internal readonly record struct Attachment(string ContainerId, string InterfaceName)
{
    /// <summary>The content of the reference plugin's reservation files, which end lines as Windows does on every system.</summary>
    public string FileContent => $"{ContainerId}\r\n{InterfaceName}";

    public static Attachment? ParseFileContent(string content)
    {
        var lines = content.Trim().Split("\r\n");
        return lines.Length == 2 ? new Attachment(lines[0].Trim(), lines[1].Trim()) : null;
    }

    public override string ToString() => $"{ContainerId}/{InterfaceName}";
}

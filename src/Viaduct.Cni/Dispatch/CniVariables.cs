using Viaduct.Cni.Types;

namespace Viaduct.Cni.Dispatch;

/// <summary>The CNI_* variables and which command needs which (CNI SPEC, section 2).</summary>
internal sealed class CniVariables(Func<string, string?> variable)
{
    private static readonly (string Name, string[] NeededBy)[] Rules =
    [
        ("CNI_CONTAINERID", ["ADD", "DEL", "CHECK"]),
        ("CNI_NETNS", ["ADD", "CHECK"]),
        ("CNI_IFNAME", ["ADD", "DEL", "CHECK"]),
        ("CNI_PATH", ["GC"]),
    ];

    public string this[string name] => variable(name) ?? "";

    public void CheckFor(string command)
    {
        var missing = Rules.Where(rule => rule.NeededBy.Contains(command) && this[rule.Name].Length == 0).Select(rule => rule.Name).ToList();
        if (missing.Count > 0)
            throw new CniException(CniErrorCode.InvalidEnvironment, $"required env variables [{string.Join(',', missing)}] missing");
        if (command is "ADD" or "DEL" or "CHECK")
        {
            CheckContainerId(this["CNI_CONTAINERID"]);
            CheckInterfaceName(this["CNI_IFNAME"]);
        }
    }

    public static bool IsIdentifier(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static void CheckContainerId(string id)
    {
        if (!IsIdentifier(id))
            throw new CniException(CniErrorCode.InvalidEnvironment, "invalid characters in CNI_CONTAINERID; it has letters, digits, '_', '.' and '-' and begins with a letter or digit", id);
    }

    // dev_valid_name() of the kernel, in bytes.
    private static void CheckInterfaceName(string name)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) > 15 || name is "." or ".." || name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
            throw new CniException(CniErrorCode.InvalidEnvironment, "invalid CNI_IFNAME; an interface name has 1 to 15 bytes, no blank, slash or colon, and is not a dot or two", name);
    }
}

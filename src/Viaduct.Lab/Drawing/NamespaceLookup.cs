using System.Globalization;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;

namespace Viaduct.Lab.Drawing;

/// <summary>Finds the one namespace that a person names, or says what is wrong with the name.</summary>
internal static class NamespaceLookup
{
    private const int NamesToTell = 9;
    private const string AnyPath = "a path such as /proc/PID/ns/net, a name (ip netns list), or all";

    /// <param name="text">A name, a path or the number of a process; a name goes before a number.</param>
    /// <param name="directory">Where the namespaces with names are.</param>
    /// <exception cref="DrawingException">There is none, or the caller may not enter it.</exception>
    public static NamespaceToDraw Find(string text, string directory)
    {
        if (text.Contains('/', StringComparison.Ordinal))
            return Open(Path.GetFileName(text), text, $"There is no file {text}: give {AnyPath}.");
        var named = Path.Combine(directory, text);
        if (File.Exists(named))
            return Open(text, named, Unknown(text, directory));
        return IsNumber(text)
            ? Open($"pid {text}", $"/proc/{text}/ns/net", $"There is no process {text}: give the number of one that runs, a name (ip netns list), a path, or all.")
            : throw Refused(Unknown(text, directory));
    }

    /// <summary>Whether it can be the number of a process.</summary>
    public static bool IsNumber(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static NamespaceToDraw Open(string name, string path, string missing)
    {
        NetNamespace? ns = null;
        try
        {
            ns = NetNamespace.Open(path);
            // Who may open one may not always enter it: those mounted on files are open to everybody.
            ns.Run(() => { });
            return new(name, ns);
        }
        catch (LinuxException e)
        {
            ns?.Dispose();
            throw Refused(
                e.IsNotFound ? missing
                : e.IsPermissionDenied ? $"The network namespace {path} may not be entered by this user: draw it as root, or all to see those that may be."
                : e.Errno == Errno.EINVAL ? $"{path} is not a network namespace: give {AnyPath}."
                : e.Message);
        }
    }

    private static string Unknown(string name, string directory)
    {
        var names = Directory.Exists(directory) ? Directory.GetFiles(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList() : [];
        var more = names.Count > NamesToTell ? $" and {names.Count - NamesToTell} more" : "";
        var known = names.Count == 0 ? "none has a name here (ip netns list); give" : $"there are {string.Join(", ", names.Take(NamesToTell))}{more} (ip netns list); give one of them,";
        return $"There is no network namespace \"{name}\": {known} the number of a process, a path, or all.";
    }

    private static DrawingException Refused(string message) => new(Printable.Of(message));
}

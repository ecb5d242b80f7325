using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Viaduct.Addressing;
using Viaduct.Linux.Route;

namespace Viaduct.Cni.Types;

/// <summary>Reads one object of a network configuration; every error names the key by its whole path.</summary>
public readonly struct ConfigReader
{
    private readonly JsonElement _object;
    private readonly string _path;

    /// <summary>Reads <paramref name="element"/>, which stands at <paramref name="path"/>; an absent one is an object without keys.</summary>
    public ConfigReader(JsonElement element, string path = "")
    {
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
            throw CniException.InvalidConfiguration($"{(path.Length == 0 ? "the configuration" : path)} must be an object, not {element.GetRawText()}");
        _object = element;
        _path = path;
    }

    /// <summary>Whether the key is there with a value.</summary>
    public bool Has(string key) => Find(key) is not null;

    public ConfigReader Section(string key) => new(Find(key) ?? default, PathOf(key));

    public IEnumerable<ConfigReader> Sections(string key)
    {
        var path = PathOf(key);
        return Elements(key).Select((element, i) => new ConfigReader(element, $"{path}[{i}]"));
    }

    public IEnumerable<IReadOnlyList<ConfigReader>> SectionLists(string key)
    {
        var path = PathOf(key);
        return Elements(key).Select((element, i) => element.ValueKind == JsonValueKind.Array
            ? (IReadOnlyList<ConfigReader>)[.. element.EnumerateArray().Select((inner, j) => new ConfigReader(inner, $"{path}[{i}][{j}]"))]
            : throw CniException.InvalidConfiguration($"{path}[{i}] must be a list, not {element.GetRawText()}"));
    }

    public string? Text(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(key, "a string", value);

    public bool Flag(string key) => Find(key)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Wrong(key, "true or false", Find(key)!.Value),
    };

    public int? Number(string key, int min, int max) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max ? number
        : throw Wrong(key, $"a number from {min} to {max}", value);

    public IReadOnlyList<string> Texts(string key)
    {
        var path = PathOf(key);
        return [.. Elements(key).Select((element, i) => element.ValueKind == JsonValueKind.String
            ? element.GetString()!
            : throw CniException.InvalidConfiguration($"{path}[{i}] must be a string, not {element.GetRawText()}"))];
    }

    /// <summary>A network in CIDR notation, without bits set behind the prefix.</summary>
    public IPNetwork? Network(string key) => Text(key) is { } text ? ParseNetwork(text, PathOf(key)) : null;

    public IPAddress? Address(string key) => Text(key) is { Length: > 0 } text ? ParseAddress(text, PathOf(key)) : null;

    public MacAddress? Mac(string key) => Text(key) is not { Length: > 0 } text ? null
        : MacAddress.TryParse(text, out var mac) ? mac
        : throw CniException.InvalidConfiguration($"{PathOf(key)}: \"{text}\" is not a hardware address; write six bytes as 0a:58:0a:00:00:01");

    /// <summary>Refuses a key that would change what the plugin does, but is not served, if it has a value other than its default.</summary>
    public void RefuseUnsupported(string key, string advice)
    {
        if (Find(key) is { } value && value.GetRawText() is not ("false" or "0" or "\"\"" or "[]" or "{}"))
            throw CniException.Unsupported(PathOf(key), value.GetRawText(), advice);
    }

    public string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    public static IPNetwork ParseNetwork(string text, string path)
    {
        var parts = text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || !int.TryParse(parts[1], out var length) || length < 0
            || length > (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
            throw CniException.InvalidConfiguration($"{path}: \"{text}\" is not a network; write it as 172.20.0.0/24 or fd00:172:20::/64");
        var network = Cidr.Around(address, length);
        return network.BaseAddress.Equals(address)
            ? network
            : throw CniException.InvalidConfiguration($"{path}: \"{text}\" has host bits set; the network of this prefix is {network}");
    }

    public static IPAddress ParseAddress(string text, string path) => IPAddress.TryParse(text, out var address)
        ? address
        : throw CniException.InvalidConfiguration($"{path}: \"{text}\" is not an address");

    private JsonElement.ArrayEnumerator Elements(string key) => Find(key) is not { } value ? default
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
        : throw Wrong(key, "a list", value);

    private JsonElement? Find(string key) =>
        _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private CniException Wrong(string key, string expected, JsonElement value) =>
        CniException.InvalidConfiguration($"{PathOf(key)} must be {expected}, not {value.GetRawText()}");
}

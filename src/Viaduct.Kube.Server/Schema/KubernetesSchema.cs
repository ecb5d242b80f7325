using System.Collections.Frozen;

namespace Viaduct.Kube.Server.Schema;

/// <summary>The object types of the API, read from the embedded schema file.</summary>
internal sealed class KubernetesSchema
{
    private readonly FrozenDictionary<string, ObjectType> _types;

    private KubernetesSchema(IEnumerable<ObjectType> types) =>
        _types = types.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);

    public ObjectType this[string name] => _types[name];

    public static KubernetesSchema Load()
    {
        using var stream = typeof(KubernetesSchema).Assembly.GetManifestResourceStream("kubernetes.schema")
            ?? throw new InvalidOperationException("The program was built without its schema resource kubernetes.schema.");
        using var reader = new StreamReader(stream);
        return new KubernetesSchema(ReadTypes(reader).ToList());
    }

    private static IEnumerable<ObjectType> ReadTypes(TextReader reader)
    {
        ObjectType? current = null;
        var fields = new Dictionary<string, FieldType>(StringComparer.Ordinal);
        var numbers = new Dictionary<FieldNumber, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var words = line.Trim().Split(' ');
            if (line[0] == ' ')
            {
                fields.Add(words[0], FieldType.Parse(words[1]));
                if (words.Length > 2)
                    numbers.Add(FieldNumber.Parse(words[2]), words[0]);
                continue;
            }
            if (current is not null)
                yield return current;
            fields = new Dictionary<string, FieldType>(StringComparer.Ordinal);
            numbers = [];
            current = new ObjectType(words[0], words[1], fields, numbers);
        }
        if (current is not null)
            yield return current;
    }
}

namespace Viaduct.Proxy.Model;

/// <summary>A Service.</summary>
public readonly record struct ServiceName(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>A port of a Service; the port's name is empty when the Service has one unnamed port.</summary>
public readonly record struct ServicePortName(string Namespace, string Name, string Port) : IComparable<ServicePortName>
{
    public ServiceName Service => new(Namespace, Name);

    public int CompareTo(ServicePortName other) =>
        string.CompareOrdinal(Namespace, other.Namespace) is var byNamespace and not 0 ? byNamespace
        : string.CompareOrdinal(Name, other.Name) is var byName and not 0 ? byName
        : string.CompareOrdinal(Port, other.Port);

    public override string ToString() => Port.Length == 0 ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{Port}";
}

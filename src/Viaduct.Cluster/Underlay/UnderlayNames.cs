namespace Viaduct.Cluster.Underlay;

/// <summary>Names of the hosts that every cluster has, besides its nodes.</summary>
public static class UnderlayNames
{
    /// <summary>The VPC's router and its bridges.</summary>
    public const string Router = "vpc";

    /// <summary>A host that is no part of the cluster.</summary>
    public const string Outside = "outside";

    public const string ControlPlane = "control-plane";
}

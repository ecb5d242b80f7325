namespace Viaduct.Addressing;

/// <summary>Whose rules a plan must follow.</summary>
public enum PlanProvider
{
    /// <summary>A cluster of <c>viaduct up</c>.</summary>
    Viaduct,

    /// <summary>Any Kubernetes on networks of one's own.</summary>
    Generic,

    /// <summary>Alibaba Cloud Container Service for Kubernetes.</summary>
    Ack,

    /// <summary>Google Kubernetes Engine.</summary>
    Gke,

    /// <summary>Amazon Elastic Kubernetes Service.</summary>
    Eks,

    /// <summary>Azure Kubernetes Service.</summary>
    Aks,

    /// <summary>Volcengine Kubernetes Engine.</summary>
    Vke,

    /// <summary>Huawei Cloud Container Engine.</summary>
    Cce,
}

/// <summary>Where pods get their addresses.</summary>
public enum PlanMode
{
    /// <summary>A block of the Pod CIDR for each node, behind a bridge.</summary>
    Flannel,

    /// <summary>Pods take addresses of vSwitches of their own; nodes share network cards with their pods (ACK).</summary>
    Terway,

    /// <summary>As <see cref="Terway"/>, with a network card for each pod.</summary>
    TerwayExclusive,

    /// <summary>A block of a secondary range of the subnet for each node (GKE).</summary>
    VpcNative,

    /// <summary>Pods take addresses of the nodes' subnets (EKS).</summary>
    VpcCni,

    /// <summary>As <see cref="VpcCni"/>, a /28 at a time.</summary>
    VpcCniPrefix,

    /// <summary>A /24 of the Pod CIDR for each node (AKS).</summary>
    Overlay,

    /// <summary>Pods take addresses of the nodes' subnet (AKS).</summary>
    Flat,
}

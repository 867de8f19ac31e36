"""What distributes the work: processes of this machine, a Ray cluster, or ComfyUI servers."""

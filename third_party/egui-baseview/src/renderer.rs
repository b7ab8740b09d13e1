mod opengl;
pub use opengl::renderer::{GraphicsConfig, Renderer};
